"""Classes without images in a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from core.datasets.health import ISSUES
from core.datasets.manifest import SPLITS, split_word
from core.errors import DatasetError
from core.language import english, mark, number, tr

_MISSING = mark("No image in {split} of: {names}.")


def coverage_notes(manifest: pd.DataFrame, class_names: Sequence[str]) -> list[str]:
    """Names the classes that a split has no image of.

    Raises:
        DatasetError: If fewer than two classes have a usable image at all.
    """
    usable = manifest[manifest["usable"]]
    if usable["class_name"].nunique() < 2:
        files = ", ".join(manifest.loc[~manifest["usable"], "path"].head(3))
        raise DatasetError(_too_few(manifest), tr("Check the files: {files}.", files=files))
    notes: list[str] = []
    for split in SPLITS:
        present = set(usable.loc[usable["split"] == split, "class_name"])
        missing = [name for name in class_names if name not in present]
        if missing:
            notes.append(tr(_MISSING, split=split_word(split), names=", ".join(missing)))
    return notes


def _too_few(manifest: pd.DataFrame) -> str:
    """Error for too few classes, with what is wrong with the files where that is known."""
    short = tr("Fewer than two classes have an image that can be used.")
    texts = manifest.loc[~manifest["usable"], "issues"].str.split(";").explode()
    found = Counter(text for text in texts if text in ISSUES and not ISSUES[text].usable)
    kinds = [f"{number(many)} × {tr(ISSUES[code].title)}" for code, many in found.most_common(3)]
    if not kinds:
        return short
    return tr(
        "{short} Of {files} files: {kinds}.",
        short=short,
        files=len(manifest),
        kinds=", ".join(kinds),
    )


def is_coverage_note(note: str) -> bool:
    """Return True if a sentence is one of `coverage_notes`, which change with every edit."""
    return english(note).startswith("No image in ")
