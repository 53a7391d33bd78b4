"""Which classes a split has no image of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from core.datasets.health import ISSUES
from core.datasets.manifest import SPLITS
from core.errors import DatasetError

_MISSING = "No image in "


def coverage_notes(manifest: pd.DataFrame, class_names: Sequence[str]) -> list[str]:
    """Names the classes that a split has no image of.

    Raises:
        DatasetError: If fewer than two classes have a usable image at all.
    """
    usable = manifest[manifest["usable"]]
    if usable["class_name"].nunique() < 2:
        raise DatasetError(
            f"Fewer than two classes have an image that can be used.{_left_out(manifest)}",
            "Check the files: "
            + ", ".join(manifest.loc[~manifest["usable"], "path"].head(3))
            + ".",
        )
    notes = []
    for split in SPLITS:
        present = set(usable.loc[usable["split"] == split, "class_name"])
        missing = [name for name in class_names if name not in present]
        if missing:
            notes.append(f"{_MISSING}{split} of: {', '.join(missing)}.")
    return notes


def _left_out(manifest: pd.DataFrame) -> str:
    """What is wrong with the files that cannot be used, as a sentence of its own, or ""."""
    texts = manifest.loc[~manifest["usable"], "issues"].str.split(";").explode()
    found = Counter(text for text in texts if text in ISSUES and not ISSUES[text].usable)
    kinds = ", ".join(f"{many:,} × {ISSUES[code].title}" for code, many in found.most_common(3))
    return f" Of {len(manifest):,} files: {kinds}." if kinds else ""


def is_coverage_note(note: str) -> bool:
    """Whether a sentence is one of `coverage_notes`, which change with every edit."""
    return note.startswith(_MISSING)
