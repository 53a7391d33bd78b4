"""Which classes a split has no image of."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

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
            "Fewer than two classes have an image that can be used.",
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


def is_coverage_note(note: str) -> bool:
    """Whether a sentence is one of `coverage_notes`, which change with every edit."""
    return note.startswith(_MISSING)
