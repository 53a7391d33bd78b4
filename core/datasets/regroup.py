"""Near-duplicates as a person has judged them: different images, of which only exact copies group.

Images that look alike by nature, such as photographs of one part, may be grouped by mistake. A
person decides it once for the whole data set; the decision is an `Edit` of kind
`near_duplicates`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core.datasets.split import complete_splits
from core.language import english

SAME, DIFFERENT = "same", "different"
_SPLIT = "Split by the app"
# Sentences of the split about groups that are none any more.
_ABOUT_GROUPS = ("Nearly all images are", "“")


def is_split_by_app(notes: Sequence[str]) -> bool:
    """Return whether a data set's notes say that the app has made all its splits."""
    return any(english(note).startswith(_SPLIT) for note in notes)


def keep_exact_copies(manifest: pd.DataFrame) -> pd.DataFrame:
    """Group equal files only.

    Args:
        manifest: With the columns `group` and `sha256`.

    Returns:
        A new manifest. Its groups, counted from 1 in the order of the rows, are the images of one
        former group whose bytes are the same.
    """
    digests = manifest["sha256"].where(manifest["group"] > 0)
    copies = digests.notna() & digests.duplicated(keep=False)
    group = pd.Series(0, index=manifest.index, dtype="int64")
    group[copies] = pd.factorize(digests[copies])[0] + 1
    table = manifest.assign(group=group)
    return table.assign(evidence=0.0) if "evidence" in table else table


def regrouped(manifest: pd.DataFrame, notes: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Group equal files only, and repeat the split where the app has made it.

    Args:
        manifest: As it was imported.
        notes: The sentences of the import.

    Returns:
        A new manifest, and the sentences that are true of it.
    """
    table = keep_exact_copies(manifest)
    if not is_split_by_app(notes):
        return table, list(notes)
    table, about_split = complete_splits(table.assign(split=""))
    kept = [note for note in notes if not english(note).startswith((_SPLIT, *_ABOUT_GROUPS))]
    return table, [*about_split, *kept]
