"""Test images that the model has met in training: figures with and without them."""

from __future__ import annotations

import pandas as pd


def leaked_paths(manifest: pd.DataFrame, split: str = "test") -> frozenset[str]:
    """Usable images of a split whose exact copy (the same bytes) is used for training.

    Args:
        manifest: With the columns of `core.datasets.manifest`.
        split: `val` or `test`.

    Returns:
        Their paths.
    """
    used = manifest[manifest["usable"]]
    trained = set(used.loc[used["split"] == "train", "sha256"])
    looked_at = used[used["split"] == split]
    return frozenset(looked_at.loc[looked_at["sha256"].isin(trained), "path"])


def without(table: pd.DataFrame, paths: frozenset[str]) -> pd.DataFrame:
    """The rows whose `path` is not among `paths`."""
    return table[~table["path"].isin(paths)].reset_index(drop=True)
