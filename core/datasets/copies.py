"""Copies and near copies of images: resized, compressed again, cropped a little, mirrored.

A fingerprint of 256 bits is the sieve; what passes it is laid over each other and compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.datasets.alignment import similarity
from core.datasets.health import COPY_CODES
from core.datasets.sieve import candidates, fingerprints

Array = np.ndarray[Any, Any]
# Correlation of two pictures laid over each other from which they count as one.
MIN_SIMILARITY = 0.955
# Levels of Cb or Cr by which the mean colours of two prints of one picture may differ.
TINT_TOLERANCE = 5.0
# Smaller images have too little in them to be told apart by their looks.
MIN_SIDE = 32
_BLOCK = 512


def near_pairs(prints: Array, small: Array, tints: Array) -> Array:
    """Pairs of images that show the same picture; of a large group, enough pairs to join it.

    Args:
        prints: bool `(images, 2, 256)`, as `fingerprints` makes them.
        small: uint8 `(images, 64, 64)`.
        tints: float32 `(images, 2)`: mean of Cb and of Cr, in [-128, 127].

    Returns:
        int64 `(pairs, 2)`: indices, the smaller one first.
    """
    flipped = small[:, :, ::-1]
    found = np.zeros((0, 2), np.int64)
    for upright, mirrored in candidates(prints):
        for pairs, second in ((upright, small), (mirrored, flipped)):
            alike = _same_colours(tints, pairs)
            for part in range(0, len(alike), _BLOCK):
                found = _joined(found, alike[part : part + _BLOCK], small, second)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def _joined(found: Array, pairs: Array, small: Array, second: Array) -> Array:
    """Adds those pairs that are the same picture and are not joined by way of others yet.

    A burst of a thousand shots would take half a million comparisons otherwise.
    """
    component = _components(found, len(small))
    pairs = pairs[component[pairs[:, 0]] != component[pairs[:, 1]]]
    same = similarity(small, second, pairs, MIN_SIMILARITY) >= MIN_SIMILARITY
    return np.concatenate([found, pairs[same]])


def _same_colours(tints: Array, pairs: Array) -> Array:
    """Keeps pairs of the same colours: a lime is no lemon, however alike they are in grey."""
    first, second = tints[pairs[:, 0]], tints[pairs[:, 1]]
    # Brightness stretches the distance from grey, so the tolerance grows with it.
    tolerance = TINT_TOLERANCE + 0.2 * np.maximum(abs(first), abs(second)).max(axis=1)
    same: Array = pairs[abs(first - second).max(axis=1) <= tolerance]
    return same


def _components(pairs: Array, count: int) -> Array:
    """int32 `(count,)`: the same number for what pairs join, directly or by way of others."""
    joined = (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1]))
    graph = coo_array(joined, shape=(count, count))
    component: Array = connected_components(graph, directed=False)[1]
    return component


def add_groups(manifest: pd.DataFrame, small: Array, tints: Array) -> pd.DataFrame:
    """Finds which images show the same picture.

    Args:
        manifest: One row an image.
        small: uint8 `(images, 64, 64)`, in grey.
        tints: float32 `(images, 2)`: mean of Cb and of Cr, in [-128, 127].

    Returns:
        A new manifest with the columns `phash` and `group`.
    """
    prints = fingerprints(small)
    usable = manifest["usable"].to_numpy()
    sides = manifest[["width", "height"]].min(axis=1).to_numpy()
    looked_at = np.flatnonzero(usable & (sides >= MIN_SIDE))
    pairs = looked_at[near_pairs(prints[looked_at], small[looked_at], tints[looked_at])]
    pairs = np.concatenate([pairs, _same_bytes(manifest, usable)])
    component = _components(pairs, len(manifest))
    alone = np.bincount(component)[component] == 1
    # Numbered from 1 in the order of the rows; 0 is an image without a copy.
    codes = pd.factorize(np.where(alone, -1, component))[1]
    numbers = {code: number for number, code in enumerate((c for c in codes if c >= 0), start=1)}
    packed = np.packbits(prints[:, 0], axis=1)
    phash = [row.tobytes().hex() if ok else "" for row, ok in zip(packed, usable, strict=True)]
    group = [0 if one else numbers[c] for one, c in zip(alone, component, strict=True)]
    return manifest.assign(phash=phash, group=np.array(group, np.int64))


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
