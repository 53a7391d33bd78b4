"""A share of the training images: drawn by the seed, class by class, the smaller in the larger."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def draw_share(rows: Array, labels: Array, share: float, seed: int) -> Array:
    """Draws the same share of every class, at least one image of each.

    Each class has one order that the seed decides, and every share takes it from its beginning:
    so what is learned from 50 % of the images has seen all that 25 % has.

    Args:
        rows: Indices of the training images, int64 `(images,)`.
        labels: Their classes, int64 `(images,)`.
        share: Above 0 and at most 1.
        seed: Decides which.

    Returns:
        The rows that were drawn, in the order of `rows`.

    Raises:
        ValueError: If `share` is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"`share` must be above 0 and at most 1, received {share}.")
    if share == 1:
        return rows
    drawn = np.zeros(len(rows), dtype=bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        order = np.random.default_rng([seed, int(label)]).permutation(places)
        drawn[order[: share_size(len(places), share)]] = True
    return rows[drawn]


def share_size(images: int, share: float) -> int:
    """Size of a share of a class's training images."""
    return max(1, round(share * images))
