"""Divides images into train, val and test: seeded, and each class in the same proportion."""

from __future__ import annotations

import numpy as np
import pandas as pd

SEED = 0
SHARES = {"val": 0.15, "test": 0.15}


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
    if usable <= {""}:
        table["split"] = "train"
        _move(table, SHARES, seed)
        return table, ["Split by the app: 70 % train, 15 % val, 15 % test of each class."]
    if "train" not in usable:
        return table, []
    missing = {name: share for name, share in SHARES.items() if name not in usable}
    _move(table, missing, seed)
    return table, [f"There was no {name} part: 15 % of train was taken." for name in missing]


def _move(table: pd.DataFrame, shares: dict[str, float], seed: int) -> None:
    """Moves shares of each class from train to other splits, at least one image of three."""
    random = np.random.default_rng(seed)
    candidates = table[(table["split"] == "train") & table["usable"]]
    for _, rows in candidates.groupby("class_name", sort=True):
        order = random.permutation(rows.sort_values("path").index.to_numpy())
        start = 0
        for name, share in shares.items():
            count = round(share * len(order)) or int(len(order) > 2)
            table.loc[order[start : start + count], "split"] = name
            start += count
