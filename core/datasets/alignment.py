"""Lays one small picture over another: a cropped copy fits once it is shifted and stretched."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
# Of each pair: stretch down, shift down, stretch across, shift across, in half sides.
UNCHANGED = np.array([1, 0, 1, 0], np.float32)
_COARSE, _FINE = 4, 2
_STEPS = 4
# Variance of what rounding makes, in grey levels.
_ROUNDING = 1 / 12
# Grey levels of spread below which a picture has nothing that could be laid over another's.
_MIN_SPREAD = 2.0


def refined(first: Array, second: Array, warp: Array) -> Array:
    """Improve how pictures are laid over each other.

    The shift and stretch of each axis are found by Gauss-Newton steps on the squared difference,
    from coarse to fine, after Lucas and Kanade (1981). Each level keeps its best.

    Args:
        first: uint8 `(pairs, 64, 64)`.
        second: uint8 `(pairs, 64, 64)`.
        warp: float32 `(pairs, 4)`: where to start; `UNCHANGED` where nothing is known.

    Returns:
        float32 `(pairs, 4)`: stretch down, shift down, stretch across, shift across.
    """
    a, b = _standard(first), _standard(second)
    known = (warp != UNCHANGED).any(axis=1)
    # A place that is known well enough would only be lost in a coarser picture.
    for factor, rows in (
        (_COARSE, np.flatnonzero(~known)),
        (_FINE, np.arange(len(a))),
        (1, np.flatnonzero(known)),
    ):
        if len(rows):
            better = _align(_reduced(a[rows], factor), _reduced(b[rows], factor), warp[rows])
            warp = warp.copy()
            warp[rows] = better
    return warp


def laid_over(first: Array, second: Array, warp: Array) -> Array:
    """Compare pictures where `refined` has laid them.

    Returns:
        float32 `(pairs,)`: the correlation of the grey values where both are, in [-1, 1].
    """
    return _laid_over(_standard(first), _standard(second), warp)


def correlation(first: Array, second: Array, warp: Array | None) -> Array:
    """Correlation of values about 0, as they are or laid over each other; 0 without values.

    Args:
        first: float32 `(pairs, side, side)`.
        second: Likewise.
        warp: float32 `(pairs, 4)`; None for as they are.

    Returns:
        float32 `(pairs,)` in [-1, 1].
    """
    if warp is not None:
        ys, xs, inside = _grid(warp, first.shape[1])
        first, second = first * inside, _sample(second, ys, xs) * inside
    xx, yy, xy = _products(first, second)
    # What rounding to whole grey levels makes is no detail.
    empty = _ROUNDING * first[0].size
    score: Array = np.where(np.minimum(xx, yy) > empty, xy / np.sqrt(np.maximum(xx * yy, 1e-12)), 0)
    return score


def _standard(images: Array) -> Array:
    """float32 `(n, 64, 64)` with mean 0 and spread 1; all 0 where there is no spread."""
    values = images.astype(np.float32)
    values -= values.mean(axis=(1, 2), keepdims=True)
    spread = values.std(axis=(1, 2), keepdims=True)
    return np.where(spread > _MIN_SPREAD, values / np.maximum(spread, _MIN_SPREAD), 0)


def _align(a: Array, b: Array, warp: Array) -> Array:
    """The best warp on the way from one."""
    best, kept = np.full(len(a), -1, np.float32), warp.copy()
    for _ in range(_STEPS):
        step, score = _step(a, b, warp)
        better = score > best
        best[better], kept[better] = score[better], warp[better]
        # Copies are cropped a little; whatever needs more is another picture.
        warp = np.clip(warp + step, UNCHANGED - 0.2, UNCHANGED + 0.2)
    _, score = _step(a, b, warp)
    kept[score > best] = warp[score > best]
    return kept


def _laid_over(a: Array, b: Array, warp: Array) -> Array:
    """The correlation once `b` is moved in full and both are reduced after that.

    Fine texture that is reduced first, and moved by a part of a pixel then, becomes another one.
    """
    ys, xs, inside = _grid(warp, a.shape[1])
    x, y, whole = (_reduced(v, _FINE) for v in (a, _sample(b, ys, xs), inside))
    x, y = _centred(x, y, (whole == 1).astype(np.float32))
    xx, yy, xy = _products(x, y)
    score: Array = xy / np.sqrt(np.maximum(xx * yy, 1e-12))
    return score


def _grid(warp: Array, side: int) -> tuple[Array, Array, Array]:
    """Coordinates of one picture's rows and columns in the other, and which lie inside it."""
    grid = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    ys = warp[:, :1] * grid + warp[:, 1:2]
    xs = warp[:, 2:3] * grid + warp[:, 3:4]
    inside = (abs(ys) <= 1)[:, :, None] & (abs(xs) <= 1)[:, None, :]
    return ys, xs, inside.astype(np.float32)


def _centred(a: Array, b: Array, inside: Array) -> tuple[Array, Array]:
    """Both without their means, and 0 outside."""
    weight = np.maximum(inside.sum(axis=(1, 2), keepdims=True), 1)
    x = (a - (a * inside).sum(axis=(1, 2), keepdims=True) / weight) * inside
    y = (b - (b * inside).sum(axis=(1, 2), keepdims=True) / weight) * inside
    return x, y


def _products(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Sums of squares of both, and of their product, each `(pairs,)`."""
    return (x * x).sum(axis=(1, 2)), (y * y).sum(axis=(1, 2)), (x * y).sum(axis=(1, 2))


def _reduced(images: Array, factor: int) -> Array:
    n, height, width = images.shape
    parts = images.reshape(n, height // factor, factor, width // factor, factor)
    reduced: Array = parts.mean(axis=(2, 4), dtype=np.float32)
    return reduced


def _step(a: Array, b: Array, warp: Array) -> tuple[Array, Array]:
    """One Gauss-Newton step of the warp, and the correlation before it."""
    n, side, _ = a.shape
    ys, xs, inside = _grid(warp, side)
    grid = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    moved = _sample(b, ys, xs)
    x, y = _centred(a, moved, inside)
    xx, yy, xy = _products(x, y)
    score = xy / np.sqrt(np.maximum(xx * yy, 1e-12))
    gain = (xy / np.maximum(yy, 1e-12))[:, None, None]  # brightness and contrast do not count
    down, across = np.gradient(moved, 2 / side, axis=(1, 2))
    down, across = down * inside * gain, across * inside * gain
    stretch_y, stretch_x = grid[None, :, None], grid[None, None, :]
    slopes = np.stack([down * stretch_y, down, across * stretch_x, across]).reshape(
        4, n, side * side
    )
    hessian = np.einsum("ink,jnk->nij", slopes, slopes, optimize=True)
    rest = np.einsum("ink,nk->ni", slopes, (x - gain * y).reshape(n, side * side), optimize=True)
    # Damped: a picture of stripes says nothing of the shift along them.
    trace = np.trace(hessian, axis1=1, axis2=2)[:, None, None]
    damped = hessian + (trace * 1e-3 + 1e-6) * np.eye(4, dtype=np.float32)
    return np.linalg.solve(damped, rest[..., None])[..., 0].astype(np.float32), score


def _sample(images: Array, ys: Array, xs: Array) -> Array:
    """Bilinear values of each image at its own grid; the border goes on outside."""
    n, side, _ = images.shape
    y, x = ((np.clip(v, -1, 1) + 1) / 2 * side - 0.5 for v in (ys, xs))
    y0, x0 = (np.clip(np.floor(v), 0, side - 2).astype(np.int64) for v in (y, x))
    wy, wx = np.clip(y - y0, 0, 1)[:, :, None], np.clip(x - x0, 0, 1)[:, None, :]
    image = np.arange(n)[:, None, None]
    top, left = y0[:, :, None], x0[:, None, :]
    upper = images[image, top, left] * (1 - wx) + images[image, top, left + 1] * wx
    lower = images[image, top + 1, left] * (1 - wx) + images[image, top + 1, left + 1] * wx
    mixed: Array = upper * (1 - wy) + lower * wy
    return mixed
