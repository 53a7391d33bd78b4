"""Split of images into train, val and test: seeded, stratified by class.

What belongs together stays together: copies of one picture, and files that a pattern in their
names ties to one patient, video or burst.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.datasets.manifest import split_word
from core.datasets.split_targets import targets
from core.datasets.stratify import stratify
from core.errors import DatasetError
from core.language import number, tr, trn

Array = np.ndarray[Any, Any]
SEED = 0
SHARES = {"val": 0.15, "test": 0.15}


@dataclass(frozen=True)
class SplitPlan:
    """Settings of a split.

    Attributes:
        val: Share of the validation images, from 0 to 1; train has what is left.
        test: Share of the test images.
        seed: The same seed and files give the same splits.
        together: Whether copies of one picture stay in one split.
        pattern: Regular expression searched in each path; images for which it finds the same text
            stay in one split. Its first group counts where it has one. "" for none.
    """

    val: float = SHARES["val"]
    test: float = SHARES["test"]
    seed: int = SEED
    together: bool = True
    pattern: str = ""


def divide(manifest: pd.DataFrame, plan: SplitPlan) -> pd.DataFrame:
    """Split all usable images again; see `divide_with_notes`."""
    return divide_with_notes(manifest, plan)[0]


def divide_with_notes(manifest: pd.DataFrame, plan: SplitPlan) -> tuple[pd.DataFrame, list[str]]:
    """Split all usable images again.

    Returns:
        A new manifest, in which images that are not usable count as train, and one sentence for
        each class whose groups leave a split more than one image off its share.

    Raises:
        DatasetError: If the shares leave nothing to train, the pattern is not a valid regular
            expression, or it ties so much together that a split would stay empty.
    """
    if not (plan.val >= 0 and plan.test >= 0 and plan.val + plan.test < 1):
        raise DatasetError(
            tr(
                "{val} % validation and {test} % test leave nothing to train.",
                val=number(100 * plan.val),
                test=number(100 * plan.test),
            ),
            tr("Choose smaller shares."),
        )
    table = manifest.assign(split="train")
    return table, _move(table, {"val": plan.val, "test": plan.test}, plan)


def complete_splits(manifest: pd.DataFrame, seed: int = SEED) -> tuple[pd.DataFrame, list[str]]:
    """Fills in the splits that a data set does not bring itself.

    Args:
        manifest: With `split` empty where the layout had none.
        seed: The same seed and files give the same splits.

    Returns:
        A new manifest in which every image has a split, and one sentence for each split that
        was made.
    """
    table = manifest.copy()
    usable = set(table.loc[table["usable"], "split"])
    plan = SplitPlan(seed=seed)
    if usable <= {""}:
        table, notes = divide_with_notes(table, plan)
        return table, [split_sentence(plan), *notes]
    if "train" not in usable:
        return table, []
    missing = {name: share for name, share in SHARES.items() if name not in usable}
    notes = _move(table, missing, plan)
    taken = [
        tr("There was no {name} part: 15 % of train was taken.", name=split_word(name))
        for name in missing
    ]
    return table, [*taken, *notes]


def split_sentence(plan: SplitPlan) -> str:
    """Describe how the images were split."""
    train = 1 - plan.val - plan.test
    return tr(
        "Split by the app: {train} % train, {val} % val, {test} % test of each class.",
        train=number(100 * train),
        val=number(100 * plan.val),
        test=number(100 * plan.test),
    )


def _move(table: pd.DataFrame, shares: Mapping[str, float], plan: SplitPlan) -> list[str]:
    """Move shares of each class from train to other splits.

    Returns:
        One sentence for each class whose groups leave a split more than one image off its share.

    Raises:
        DatasetError: If the pattern ties so much together that a split would stay empty, or that
            every class would be in one split.
    """
    rows = table[(table["split"] == "train") & table["usable"]].sort_values("path")
    wanted = {name: share for name, share in shares.items() if share > 0}
    if rows.empty or not wanted:
        return []
    units, notes = _units(rows, plan), []
    groups = int(units.max()) + 1
    if groups <= len(wanted) < len(rows):
        if plan.pattern:
            raise _too_few_groups(groups, len(rows), len(wanted) + 1)
        # A split without images serves nobody.
        units = np.arange(len(rows))
        notes.append(tr("Nearly all images are duplicates of each other; they were split anyway."))
    names = ("train", *wanted)
    labels, class_names = pd.factorize(rows["class_name"], sort=True)
    if plan.pattern and len(labels) > groups and _is_each_one_group(units, labels):
        raise _classes_in_one_group(str(class_names[0]))
    parts = (1 - sum(wanted.values()), *wanted.values())
    chosen = stratify(units, labels, parts, plan.seed)
    table.loc[rows.index, "split"] = np.array(names, dtype=object)[chosen]
    return [*notes, *_shortfalls(units, labels, chosen, parts, names, list(class_names))]


def _shortfalls(
    units: Array,
    labels: Array,
    chosen: Array,
    parts: Sequence[float],
    names: Sequence[str],
    class_names: Sequence[str],
) -> list[str]:
    """Name the classes whose groups left a split more than one image off its share."""
    sizes = np.bincount(labels)
    counts = np.zeros((len(sizes), len(parts)), np.int64)
    np.add.at(counts, (labels, chosen), 1)
    exact = np.outer(sizes, parts)
    off = abs(counts - exact)
    # Small classes are off their shares without any group.
    off[(counts == targets(sizes.tolist(), parts)).all(axis=1)] = 0
    sentences: list[str] = []
    for label in map(int, np.flatnonzero(off.max(axis=1) > 1 + 1e-9)):
        own = units[labels == label]
        place = 1 + int(np.argmax(off[label, 1:]))
        sentences.append(
            tr(
                "“{name}”: {tied} of {images} images belong to one group, so the {split} set has "
                "{count} instead of {wanted}.",
                name=str(class_names[label]),
                tied=int(np.bincount(own).max()),
                images=int(sizes[label]),
                split=split_word(names[place]),
                count=int(counts[label, place]),
                wanted=round(float(exact[label, place])),
            )
        )
    return sentences


def _too_few_groups(groups: int, images: int, splits: int) -> DatasetError:
    return DatasetError(
        trn(
            "Files that belong together form only {count} group of {images} images; {splits} "
            "splits need at least one group each.",
            "Files that belong together form only {count} groups of {images} images; {splits} "
            "splits need at least one group each.",
            groups,
            images=images,
            splits=splits,
        ),
        tr("Choose another rule for files that belong together."),
    )


def _is_each_one_group(units: Array, labels: Array) -> bool:
    """Whether the images of every class are in one group, so that no class can be split."""
    together = pd.Series(units).groupby(labels).nunique()
    return bool((together == 1).all())


def _classes_in_one_group(name: str) -> DatasetError:
    return DatasetError(
        tr(
            "All images of a class belong together, in every class, as those of {name}: no class "
            "could be trained and tested.",
            name=repr(name),
        ),
        tr("Choose another rule for files that belong together."),
    )


def _units(rows: pd.DataFrame, plan: SplitPlan) -> Array:
    """Numbers what must stay together."""
    own = np.arange(len(rows))
    ties = []
    if plan.together and "group" in rows:
        ties.append(np.where(rows["group"] > 0, rows["group"], -own - 1))
    if plan.pattern:
        ties.append(_matches(rows["path"], plan.pattern))
    pairs = [np.zeros((0, 2), np.int64)]
    for tie in ties:
        codes, _ = pd.factorize(tie)
        first = pd.Series(own).groupby(codes).transform("first").to_numpy()
        pairs.append(np.stack([first, own], axis=1))
    joined = np.concatenate(pairs)
    graph = coo_array(
        (np.ones(len(joined), bool), (joined[:, 0], joined[:, 1])), shape=(len(rows), len(rows))
    )
    units: Array = connected_components(graph, directed=False)[1]
    return units


def _matches(paths: pd.Series, pattern: str) -> Array:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise DatasetError(
            tr(
                "{pattern} is no regular expression: {error}.",
                pattern=repr(pattern),
                error=str(error),
            ),
            tr(
                "For example {number}, or {beginning} for what stands before the first underscore.",
                number=r"patient(\d+)",
                beginning="^[^_]+",
            ),
        ) from error
    found = []
    for place, path in enumerate(paths):
        match = compiled.search(path)
        text = (match[1] if compiled.groups else match[0]) if match else None
        found.append(f"={text}" if text is not None else f"#{place}")
    return np.array(found, dtype=object)
