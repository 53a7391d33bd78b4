"""Doubt about near-duplicates: how much of a data set they are, and which pairs to judge first."""

from __future__ import annotations

import pandas as pd

# No real data set has a larger share of near-duplicates: above it, the images look alike by nature.
MOST_NEAR_DUPLICATES = 0.3


def near_duplicate_share(manifest: pd.DataFrame) -> float:
    """Return the share of the usable images that are near-duplicates, from 0 to 1.

    Args:
        manifest: With the columns `group` and `sha256`. Of equal files one counts.
    """
    different = _different_files(manifest)
    grouped = different[different["group"] > 0]
    several = grouped.groupby("group")["path"].transform("size") > 1
    return float(several.sum() / max(len(different), 1))


def doubtful_pairs(manifest: pd.DataFrame, most: int = 3) -> list[pd.DataFrame]:
    """Return the pairs of images that are the least certain to show the same picture.

    Args:
        manifest: With the columns `group` and `sha256`. Its column `evidence` (float) says how far
            an image's likeness to the centre of its group lies above the limit, and 0 for the
            centre. Without it, pairs of different classes and of large groups come first.
        most: How many.

    Returns:
        Two rows each, the centre of a group first; of different groups as far as there are.
    """
    different = _different_files(manifest)
    images = different[different["group"] > 0].reset_index(drop=True)
    if images.empty:
        return []
    if "evidence" not in images:
        images = images.assign(evidence=0.0)
    images["evidence"] = images["evidence"].fillna(0.0)
    by_group = images.sort_values("evidence", kind="stable").groupby("group", sort=False)
    images["centre"] = images["group"].map(by_group.apply(lambda rows: rows.index[0]))
    classes = images["class_name"].to_numpy()
    images["same_class"] = classes == classes[images["centre"].to_numpy()]
    images["smaller"] = -images.groupby("group")["path"].transform("size")
    others = images[images.index != images["centre"]]
    if (images["evidence"] > 0).any():
        others = others[others["evidence"] > 0]  # equal pixels leave no doubt
    others = others.sort_values(["evidence", "same_class", "smaller"], kind="stable")
    turn = others.groupby("group").cumcount().sort_values(kind="stable")
    chosen = others.loc[turn.index].head(most)
    pairs = zip(chosen["centre"], chosen.index, strict=True)
    return [images.loc[list(pair), list(manifest.columns)] for pair in pairs]


def _different_files(manifest: pd.DataFrame) -> pd.DataFrame:
    """Return the usable images, one of each that are equal in every byte."""
    return manifest[manifest["usable"]].drop_duplicates("sha256")
