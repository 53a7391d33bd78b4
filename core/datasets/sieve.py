"""Candidate pairs of near-duplicates: fingerprints and a fast search."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.fft import dct

from core.datasets.facts import FINGERPRINT_SIDE

Array = np.ndarray[Any, Any]
_FREQUENCIES = 16
# Of 64 rows and columns, those that the middle leaves out on each side.
_MARGIN = 3
# Of 256 bits, those that two prints of one picture may differ in; distinct ones differ in 128.
MAX_DISTANCE = 88
# Of the 64 lowest bits: the first sieve, which all pairs go through.
_MAX_LOW_DISTANCE = 21
# Where more than this share of pairs passes it, all look alike, and it gets narrower.
_MAX_SHARE = 0.1
_NARROWEST = 4
_BLOCK = 512
_ROWS, _COLUMNS = 256, 1024
_PAIRS = 50_000
# Candidates of one image that are looked at: where all look alike there would be millions.
_NEAREST = 8


def _by_frequency() -> tuple[Array, Array]:
    """The order of bits from low to high frequency, and which of them a mirror turns over."""
    down, across = np.divmod(np.arange(_FREQUENCIES**2), _FREQUENCIES)
    order = np.argsort(np.maximum(down, across), kind="stable")
    return order, _packed((across % 2 == 1)[None, order])


def _packed(bits: Array) -> Array:
    """uint64 `(4, images)` of bool `(images, 256)`."""
    rows = np.ascontiguousarray(np.packbits(bits, axis=1))
    return np.ascontiguousarray(rows.view(np.uint64).T)


_ORDER, _MIRROR = _by_frequency()


def fingerprints(small: Array) -> Array:
    """Perceptual hashes: the lowest frequencies, each above or below their median.

    After Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010).

    Args:
        small: uint8 `(images, 64, 64)`, in grey.

    Returns:
        bool `(images, 2, 256)`: of each image, and of its middle, which a cropped copy is nearer
        to.
    """
    prints = np.zeros((len(small), 2, _FREQUENCIES**2), bool)
    whole = dct(np.eye(FINGERPRINT_SIDE, dtype=np.float32), axis=0)[:_FREQUENCIES]
    middle = whole @ _enlargement()
    for start in range(0, len(small), _BLOCK):
        block = small[start : start + _BLOCK].astype(np.float32)
        for part, lens in enumerate((whole, middle)):
            flat = (lens @ block @ lens.T).reshape(len(block), -1)
            prints[start : start + _BLOCK, part] = flat > np.median(flat, axis=1, keepdims=True)
    return prints


def _enlargement() -> Array:
    """float32 `(64, 64)`: takes a column of grey values to the enlarged middle of it."""
    side = FINGERPRINT_SIDE
    place = (np.arange(side) + 0.5) * (side - 2 * _MARGIN) / side + _MARGIN - 0.5
    return np.maximum(1 - abs(place[:, None] - np.arange(side)), 0).astype(np.float32)


def candidates(prints: Array) -> Iterator[tuple[Array, Array]]:
    """Pairs of images whose prints are alike, block by block.

    Args:
        prints: bool `(images, 2, 256)`, as `fingerprints` makes them.

    Yields:
        int64 `(pairs, 2)`, the smaller index first, twice: pairs as they are, and pairs of which
        one is mirrored. Each block has its images' pairs with later ones, of each image the
        nearest few.
    """
    plain, middle = (_packed(prints[:, part][:, _ORDER]) for part in (0, 1))

    # A mirrored image has the same frequencies, the odd ones across with the other sign.
    def look(start: int) -> tuple[Array, Array]:
        rows = slice(start, start + _ROWS)
        upright, mirrored = (
            _near((plain[:, rows] ^ turn, middle[:, rows] ^ turn), (plain, middle), start)
            for turn in (np.zeros_like(_MIRROR), _MIRROR)
        )
        return upright, mirrored

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield from pool.map(look, range(0, len(prints), _ROWS))


def _near(rows: tuple[Array, Array], others: tuple[Array, Array], start: int) -> Array:
    """Pairs of a block's rows with later images within `MAX_DISTANCE`."""
    passed, distances = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.uint16)]
    count = others[0].shape[1]
    for left in range(start, count, _COLUMNS):
        low = np.bitwise_count(rows[0][0][:, None] ^ others[0][0][None, left : left + _COLUMNS])
        first, second = np.divmod(np.flatnonzero(low <= _limit(low)), low.shape[1])
        later = first + start < second + left
        first, second = first[later], second[later] + left
        for part in range(0, len(first), _PAIRS):
            i, j = first[part : part + _PAIRS], second[part : part + _PAIRS]
            distance = _distance(rows, others, i, j)
            near = distance <= MAX_DISTANCE
            passed.append(np.stack([i[near] + start, j[near]], axis=1))
            distances.append(distance[near])
    return _nearest(np.concatenate(passed), np.concatenate(distances))


def _limit(low: Array) -> int:
    """The largest distance of the lowest bits with which a pair passes."""
    limit = _MAX_LOW_DISTANCE
    while limit > _NARROWEST and np.count_nonzero(low <= limit) > _MAX_SHARE * low.size:
        limit -= 1
    return limit


def _distance(
    rows: tuple[Array, Array], others: tuple[Array, Array], first: Array, second: Array
) -> Array:
    """uint16 `(pairs,)`: bits that differ, at least, of both whole or of one's middle."""
    one, two = (words[:, first] for words in rows), (words[:, second] for words in others)
    (whole, middle), (other, other_middle) = one, two
    pairs = ((whole, other), (middle, other), (whole, other_middle))
    least: Array = np.minimum.reduce([_differing(a, b) for a, b in pairs])
    return least


def _differing(first: Array, second: Array) -> Array:
    count: Array = np.bitwise_count(first ^ second).sum(axis=0, dtype=np.uint16)
    return count


def _nearest(pairs: Array, distances: Array) -> Array:
    """Keep the nearest few partners of each first image."""
    order = np.lexsort((distances, pairs[:, 0]))
    pairs = pairs[order]
    begins = np.searchsorted(pairs[:, 0], pairs[:, 0])
    kept: Array = pairs[np.arange(len(pairs)) - begins < _NEAREST]
    return kept
