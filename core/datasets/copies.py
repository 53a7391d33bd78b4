"""Copies and near-duplicates of images: which rows of a manifest belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.datasets.health import COPY_CODES
from core.datasets.near_duplicates import Details, Search, components
from core.datasets.sieve import fingerprints

Array = np.ndarray[Any, Any]
# Smaller images have too little in them to be told apart by their looks.
MIN_SIDE = 16


def add_groups(
    manifest: pd.DataFrame, small: Array, tints: Array, details: Details
) -> pd.DataFrame:
    """Find which images show the same picture.

    Args:
        manifest: One row an image.
        small: uint8 `(images, 64, 64)`, in grey.
        tints: float32 `(images, 2)`: mean of Cb and of Cr, in [-128, 127].
        details: Reads rows of the manifest at 128 px.

    Returns:
        A new manifest with the columns `phash` and `group`.
    """
    prints = fingerprints(small)
    usable = manifest["usable"].to_numpy()
    sides = manifest[["width", "height"]].min(axis=1).to_numpy()
    equal = np.concatenate([_same_bytes(manifest, usable), _same_pixels(manifest, small, details)])
    # One of each: what is the same in every byte needs no second look.
    first = np.setdiff1d(np.flatnonzero(usable & (sides >= MIN_SIDE)), equal[:, 1])
    labels = manifest["label"].to_numpy()
    search = Search(small[first], tints[first], labels[first], lambda rows: details(first[rows]))
    found = search.groups()
    centres = pd.Series(first[found > 0]).groupby(found[found > 0]).transform("first").to_numpy()
    near = np.stack([centres, first[found > 0]], axis=1)
    component = components(np.concatenate([equal, near]).astype(np.int64), len(manifest))
    alone = np.bincount(component)[component] == 1
    # Numbered from 1 in the order of the rows; 0 is an image without a copy.
    codes = pd.factorize(np.where(alone, -1, component))[1]
    numbers = {code: number for number, code in enumerate((c for c in codes if c >= 0), start=1)}
    packed = np.packbits(prints[:, 0], axis=1)
    phash = [row.tobytes().hex() if ok else "" for row, ok in zip(packed, usable, strict=True)]
    group = [0 if one else numbers[c] for one, c in zip(alone, component, strict=True)]
    return manifest.assign(phash=phash, group=np.array(group, np.int64))


def _same_pixels(manifest: pd.DataFrame, small: Array, details: Details) -> Array:
    """Pairs of files whose pixels are the same: flat drawings have nothing else to go by."""
    sizes = manifest[["width", "height"]].to_numpy()
    side = sizes.min(axis=1)
    rows = np.flatnonzero(manifest["usable"].to_numpy() & (side > 0))
    keys = pd.Series([small[row].tobytes() + sizes[row].tobytes() for row in rows])
    first = pd.Series(rows).groupby(keys).transform("first").to_numpy()
    pairs = np.stack([first, rows], axis=1)[first != rows]
    digests = manifest["sha256"].to_numpy()
    pairs = pairs[digests[pairs[:, 0]] != digests[pairs[:, 1]]]
    if not len(pairs):
        return np.zeros((0, 2), np.int64)
    same = (details(pairs[:, 0]) == details(pairs[:, 1])).all(axis=(1, 2))
    proven: Array = pairs[same].astype(np.int64)
    return proven


def _same_bytes(manifest: pd.DataFrame, usable: Array) -> Array:
    rows = pd.Series(np.flatnonzero(usable))
    first = rows.groupby(manifest["sha256"].to_numpy()[usable]).transform("first")
    pairs = np.stack([first.to_numpy(), rows.to_numpy()], axis=1)
    others: Array = pairs[pairs[:, 0] != pairs[:, 1]]
    return others


def mark_copies(manifest: pd.DataFrame) -> pd.DataFrame:
    """Writes anew, into `issues`, which images are copies of others, and where those are.

    Args:
        manifest: With its final splits and the column `group`.

    Returns:
        A new manifest. A copy in another split is a leak; the same picture in two classes is
        told as well.
    """
    usable = manifest[manifest["usable"]]
    codes = pd.Series("", index=manifest.index)
    alike = usable[usable["group"] > 0]
    for rows, key, across, within in (
        (usable, "sha256", "leak", "duplicate"),
        (alike, "group", "near_leak", "near_duplicate"),
    ):
        grouped = rows.groupby(key)
        several = (grouped["path"].transform("size") > 1) & (codes[rows.index] == "")
        leaked = grouped["split"].transform("nunique") > 1
        codes[rows.index[several & leaked]] = across
        codes[rows.index[several & ~leaked]] = within
    differing = alike.groupby("group")["class_name"].transform("nunique") > 1
    codes[alike.index[differing]] += ";two_classes"
    joined = []
    for text, found in zip(manifest["issues"], codes, strict=True):
        own = [code for code in text.split(";") if code and code not in COPY_CODES]
        joined.append(";".join([*own, found] if found else own))
    return manifest.assign(issues=joined)
