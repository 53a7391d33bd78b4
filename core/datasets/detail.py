"""How alike the fine detail of two images is: sensor noise and texture, once they lie right."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from core.datasets.alignment import correlation, laid_over, refined

Array = np.ndarray[Any, Any]
# Pixels of blur below which everything counts as fine detail.
_SIGMA = 1.5
_BLOCK = 128
# Correlations above this one say no more than this one does.
_LARGEST = 0.9999


@dataclass(frozen=True)
class Pairs:
    """Pairs of images, and how the second of each is laid over the first.

    Attributes:
        first: int64 `(pairs,)`.
        second: int64 `(pairs,)`.
        warp: float32 `(pairs, 4)`, as of `core.datasets.alignment`.
        mirrored: bool `(pairs,)`: whether the first one is mirrored before.
    """

    first: Array
    second: Array
    warp: Array
    mirrored: Array

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, rows: Array | slice) -> Pairs:
        parts = (self.first, self.second, self.warp, self.mirrored)
        return Pairs(*(part[rows] for part in parts))

    def pick(self, images: Array) -> tuple[Array, Array]:
        """The pictures of both, the first ones mirrored where they have to be."""
        first = images[self.first]
        first = np.where(self.mirrored[:, None, None], first[:, :, ::-1], first)
        return first, images[self.second]


def lay(small: Array, pairs: Pairs) -> tuple[Pairs, Array]:
    """Improve how pairs are laid over each other.

    Args:
        small: uint8 `(images, 64, 64)`.
        pairs: With warps to start from.

    Returns:
        The pairs with better warps, and float32 `(pairs,)`: the correlation of their grey values.
    """

    def block(part: Pairs) -> tuple[Array, Array]:
        first, second = part.pick(small)
        warp = refined(first, second, part.warp)
        return warp, laid_over(first, second, warp)

    done = _in_threads(block, pairs)
    warp = np.concatenate([w for w, _ in done]) if done else pairs.warp
    score = np.concatenate([s for _, s in done]) if done else np.zeros(0, np.float32)
    return Pairs(pairs.first, pairs.second, warp, pairs.mirrored), score


def agreement(images: Array, pairs: Pairs) -> Array:
    """Compare the fine detail of pairs.

    Args:
        images: uint8 `(images, side, side)`, in grey.
        pairs: As `lay` has laid them.

    Returns:
        float32 `(pairs,)`: Fisher's z of the correlation, as they are or as they are laid,
        whichever is larger; in [-5, 5].
    """

    def block(part: Pairs) -> Array:
        first, second = (_high(v) for v in part.pick(images))
        score = correlation(first, second, part.warp)
        return np.maximum(score, correlation(first, second, None))

    done = _in_threads(block, pairs)
    score = np.concatenate(done) if done else np.zeros(0, np.float32)
    found: Array = np.arctanh(np.clip(score, -_LARGEST, _LARGEST))
    return found


def _high(images: Array) -> Array:
    values = images.astype(np.float32)
    high: Array = values - ndimage.gaussian_filter(values, (0, _SIGMA, _SIGMA))
    return high


def _in_threads(work: Any, pairs: Pairs) -> list[Any]:
    parts = [pairs[slice(start, start + _BLOCK)] for start in range(0, len(pairs), _BLOCK)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(work, parts))
