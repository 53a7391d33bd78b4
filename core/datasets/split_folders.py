"""Recognise which folders are splits, whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
# What counts in company only: by themselves these may mean anything.
_IN_COMPANY = {**SPLIT_NAMES, "dev": "val", "eval": "val"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def split_folders(names: Iterable[str]) -> dict[str, str]:
    """Find which sibling folders are splits.

    `train` and `test` are by their names alone. `training_set` is where `test_set` is beside it,
    and `seg_train` beside `seg_test`: what is left without the word must be the same, or
    `train ticket` and `test strip` would be splits as well.

    Args:
        names: Of the folders.

    Returns:
        `train`, `val` or `test` by name, for those that are.
    """
    found, families = {}, dict[tuple[str, ...], dict[str, str]]()
    for name in set(names):
        if name.lower() in SPLIT_NAMES:
            found[name] = SPLIT_NAMES[name.lower()]
        words = [word.lower() for word in _WORD.findall(name)]
        meant = [_IN_COMPANY[word] for word in words if word in _IN_COMPANY]
        if len(meant) == 1:
            rest = tuple(word for word in words if word not in _IN_COMPANY)
            families.setdefault(rest, {})[name] = meant[0]
    for family in families.values():
        if "train" in family.values() and len(set(family.values())) > 1:
            found |= family
    return found


def repeated(folders: Iterable[Sequence[str]]) -> frozenset[str]:
    """First folders that hold one folder of their own name and nothing else: `train/train/cat`.

    An archive that was packed twice has them. With `train/bus` beside it, `train/train` is a class.
    """
    inside: dict[str, set[str]] = {}
    for first, *rest in folders:
        inside.setdefault(first, set()).add(rest[0] if rest else "")
    return frozenset(
        first
        for first, names in inside.items()
        if len(names) == 1 and next(iter(names)).lower() == first.lower()
    )
