"""Copies and near copies of images: resized, compressed again, cropped a little, mirrored.

A fingerprint of 256 bits is the sieve; what passes it is laid over each other and compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.fft import dct
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.datasets.alignment import similarity
from core.datasets.health import COPY_CODES

Array = np.ndarray[Any, Any]
FINGERPRINT_SIDE = 64
_FREQUENCIES = 16
# Of 64 rows and columns, those that the middle leaves out on each side.
_MARGIN = 3
# Of 256 bits, those that two prints of one picture may differ in; distinct ones differ in 128.
MAX_DISTANCE = 88
# Correlation of two pictures laid over each other from which they count as one.
MIN_SIMILARITY = 0.935
# Levels of Cb or Cr by which the mean colours of two prints of one picture may differ.
TINT_TOLERANCE = 5.0
# Smaller images have too little in them to be told apart by their looks.
MIN_SIDE = 32
_BLOCK = 512
# Candidates of one image that are laid over it: where all look alike there would be millions.
_NEAREST = 8


def fingerprints(small: Array) -> Array:
    """Perceptual hashes: the lowest frequencies, each above or below their median.

    After Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010).

    Args:
        small: uint8 `(images, 64, 64)`, in grey.

    Returns:
        bool `(images, 3, 256)`: of each image, of its mirror image, and of its middle, which a
        cropped copy is nearer to.
    """
    prints = np.zeros((len(small), 3, _FREQUENCIES**2), bool)
    whole = dct(np.eye(FINGERPRINT_SIDE, dtype=np.float32), axis=0)[:_FREQUENCIES]
    middle = whole @ _enlargement()
    # A mirrored image has the same frequencies, the odd ones across with the other sign.
    signs = np.where(np.arange(_FREQUENCIES) % 2, -1, 1).astype(np.float32)
    for start in range(0, len(small), _BLOCK):
        block = small[start : start + _BLOCK].astype(np.float32)
        low = whole @ block @ whole.T
        for side, values in enumerate((low, low * signs, middle @ block @ middle.T)):
            flat = values.reshape(len(block), -1)
            prints[start : start + _BLOCK, side] = flat > np.median(flat, axis=1, keepdims=True)
    return prints


def _enlargement() -> Array:
    """float32 `(64, 64)`: takes a column of grey values to the enlarged middle of it."""
    side = FINGERPRINT_SIDE
    place = (np.arange(side) + 0.5) * (side - 2 * _MARGIN) / side + _MARGIN - 0.5
    return np.maximum(1 - abs(place[:, None] - np.arange(side)), 0).astype(np.float32)


def near_pairs(prints: Array, small: Array, tints: Array) -> Array:
    """Pairs of images that show the same picture; of a large group, enough pairs to join it.

    Args:
        prints: bool `(images, 3, 256)`, as `fingerprints` makes them.
        small: uint8 `(images, 64, 64)`.
        tints: float32 `(images, 2)`: mean of Cb and of Cr, in [-128, 127].

    Returns:
        int64 `(pairs, 2)`: indices, the smaller one first.
    """
    plain, mirror, middle = (prints[:, side].astype(np.float32) * 2 - 1 for side in range(3))
    flipped = small[:, :, ::-1]
    found = np.zeros((0, 2), np.int64)
    for start in range(0, len(small), _BLOCK):
        rows = slice(start, start + _BLOCK)
        upright = [_near(plain[rows], plain, start), _near(middle[rows], plain, start)]
        upright.append(_near(plain[rows], middle, start))
        mirrored = [_near(mirror[rows], plain, start)]
        for candidates, second in ((upright, small), (mirrored, flipped)):
            pairs = _same_colours(tints, np.unique(np.concatenate(candidates), axis=0))
            for part in range(0, len(pairs), _BLOCK):
                found = _joined(found, pairs[part : part + _BLOCK], small, second)
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


def _near(rows: Array, others: Array, start: int) -> Array:
    """Pairs of a block's rows with later images within `MAX_DISTANCE`.

    With bits as -1 and 1, a dot product counts those that agree.

    Returns:
        int64 `(pairs, 2)`: the nearest `_NEAREST` of each row, the smaller index first.
    """
    agree = rows @ others[start:].T
    near = agree >= _FREQUENCIES**2 - 2 * MAX_DISTANCE
    near[:, : len(rows)] &= np.triu(np.ones((len(rows), len(rows)), bool), 1)
    for row in np.flatnonzero(near.sum(axis=1) > _NEAREST):
        scores = np.where(near[row], agree[row], -np.inf)
        near[row] = False
        near[row, np.argpartition(scores, -_NEAREST)[-_NEAREST:]] = True
    pairs: Array = np.argwhere(near) + start
    return pairs


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
