"""Exhaustive search for the nearest images of each, for sets in which all images look alike.

What all images share says nothing: it is subtracted first. Each image is compared whole and
cropped, with all others and with their mirror images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

Array = np.ndarray[Any, Any]
_SIDE = 32
_CROP = 0.95
_BLOCK = 512
# Of each warp: stretch down, shift down, stretch across, shift across, in half sides.
_SHIFTS = (-0.05, 0.0, 0.05)
WARPS = np.array(
    [(1, 0, 1, 0), *((_CROP, y, _CROP, x) for y in _SHIFTS for x in _SHIFTS)], np.float32
)
# Blurs a column of 32 values.
_BLUR = ndimage.gaussian_filter(np.eye(_SIDE, dtype=np.float32), (3, 0))


def nearest(small: Array, count: int) -> tuple[Array, Array, Array, Array]:
    """Find the nearest images of each image.

    Args:
        small: uint8 `(images, 64, 64)`, in grey.
        count: How many of each, at most.

    Returns:
        int64 `(images, n)`, the nearest first: their indices; int64 `(images, n)`: index into
        `WARPS` of how the image itself is cropped; bool `(images, n)`: whether the other one is
        mirrored; float32 `(images, n)`: correlation of what is left without the common part.
    """
    count = min(count, len(small) - 1)
    values = small.astype(np.float32)
    whole = _band(values, WARPS[0])
    best = np.full((len(small), len(small)), -2, np.float32)
    code = np.zeros(best.shape, np.int8)
    for number, warp in enumerate(WARPS):
        own = _band(values, warp)
        common = own.mean(axis=0)
        own = _unit(own - common)
        for mirrored in (False, True):
            other = _unit((whole[:, :, ::-1] if mirrored else whole) - common)
            for start in range(0, len(small), _BLOCK):
                rows = slice(start, start + _BLOCK)
                score = own[rows] @ other.T
                better = score > best[rows]
                np.copyto(best[rows], score, where=better)
                np.copyto(code[rows], np.int8(2 * number + mirrored), where=better)
    np.fill_diagonal(best, -2)
    found = np.argpartition(-best, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(best, found, 1), axis=1, kind="stable")
    others = np.take_along_axis(found, order, 1)
    warps, flips = np.divmod(np.take_along_axis(code, others, 1).astype(np.int64), 2)
    return others, warps, flips.astype(bool), np.take_along_axis(best, others, 1)


def _band(values: Array, warp: Array) -> Array:
    """float32 `(images, 32, 32)`: what a warp leaves, without what changes slowly over it."""
    down, across = (
        _lens(stretch, shift, values.shape[1]) for stretch, shift in (warp[:2], warp[2:])
    )
    reduced = down @ values @ across.T
    band: Array = reduced - _BLUR @ reduced @ _BLUR.T
    return band


def _lens(stretch: float, shift: float, side: int) -> Array:
    """float32 `(32, side)`: takes a column of grey values to the warped and reduced one."""
    grid = (np.arange(side) + 0.5) / side * 2 - 1
    place = (stretch * grid + shift + 1) / 2 * side - 0.5
    lens = np.maximum(1 - abs(place[:, None] - np.arange(side)), 0)
    lens /= lens.sum(axis=1, keepdims=True)
    reduced: Array = lens.reshape(_SIDE, side // _SIDE, side).mean(axis=1).astype(np.float32)
    return reduced


def _unit(images: Array) -> Array:
    """float32 `(images, values)`, each of length 1."""
    flat = images.reshape(len(images), -1)
    unit: Array = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3)
    return unit
