"""Shares of each class that a split aims for, and how far from them is too far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
# Of an image outside its window, and of a split that lacks a class; the training set comes first.
MISSING = (4000.0, 1100.0, 1000.0)
ROUNDING = 1e-9


@dataclass(frozen=True)
class Kind:
    """Groups that hold the same number of images of each class.

    Attributes:
        has: `(class, images)` of one group, by class.
        units: Numbers of these groups.
    """

    has: tuple[tuple[int, int], ...]
    units: Array

    @property
    def images(self) -> int:
        """Images of one group."""
        return sum(images for _, images in self.has)


def targets(sizes: Sequence[int], shares: Sequence[float]) -> Array:
    """Return how many images of each class each split gets where no groups are in the way.

    Each number is its share rounded down or up; roundings of one class are made good by the next,
    so that the totals fit too. Each split with a share gets one image of each class with at least
    three; smaller classes are for training.

    Args:
        sizes: Images of each class.
        shares: Of each split, the training set first, with the sum 1.

    Returns:
        int64 `(classes, splits)`.
    """
    found = np.zeros((len(sizes), len(shares)), np.int64)
    owed = np.zeros(len(shares))
    for label, size in enumerate(sizes):
        if size < 3:
            found[label, 0] = size  # too few to have one in each split: the model needs them
            continue
        exact = np.array(shares) * size
        row = np.floor(exact + ROUNDING).astype(np.int64)
        for place in np.argsort(-(exact - row + owed * (np.array(shares) > 0)), kind="stable"):
            if row.sum() < size and shares[place] > 0:
                row[place] += 1
        for place, share in enumerate(shares):
            if share > 0 and not row[place]:
                row[np.argmax(row - exact - size * (row < 2))] -= 1
                row[place] = 1
        owed += exact - row
        found[label] = row
    return found


class Windows:
    """How far the classes are from their shares.

    Args:
        sizes: Images of each class.
        shares: Of each split, the training set first, with the sum 1.

    Attributes:
        targets: As of the function `targets`.
        low: int64 `(classes, splits)`: the fewest images within one of the share.
        high: Likewise the most.
        needed: bool `(classes, splits)`: whether one image at least is to be there.
    """

    def __init__(self, sizes: Sequence[int], shares: Sequence[float]) -> None:
        self.exact = np.outer(sizes, shares)
        self.targets = targets(sizes, shares)
        low = np.maximum(np.ceil(self.exact - 1 - ROUNDING), 0).astype(np.int64)
        high = np.floor(self.exact + 1 + ROUNDING).astype(np.int64) * (np.array(shares) > 0)
        self.low = np.minimum(low, self.targets)
        self.high = np.maximum(high, self.targets)
        self.needed = (np.array(sizes)[:, None] > 2) & (np.array(shares) > 0)

    def prices(self, counts: Array, classes: Sequence[int], place: int) -> Array:
        """Return what images of some classes in one split cost; 0 within the windows.

        Args:
            counts: int64 `(..., classes)`.
            classes: The classes of the last axis.
            place: Index of the split.

        Returns:
            float64 `(...)`.
        """
        low, high = self.low[classes, place], self.high[classes, place]
        outside = np.maximum(np.maximum(low - counts, counts - high), 0)
        missing = ((counts == 0) & self.needed[classes, place]) * MISSING[place]
        total: Array = (outside + missing).sum(axis=-1)
        return total

    def costs(self, counts: Array) -> Array:
        """Cost of each class: float64 `(classes,)` of int64 `(classes, splits)`."""
        outside = np.maximum(np.maximum(self.low - counts, counts - self.high), 0)
        missing = ((counts == 0) & self.needed) * np.array(MISSING[: counts.shape[1]])
        total: Array = (outside + missing).sum(axis=1)
        return total
