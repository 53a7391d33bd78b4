"""Search for near-duplicates: what counts as one follows from the data set's own unlike pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import norm

from core.datasets.alignment import UNCHANGED
from core.datasets.detail import Pairs, agreement, lay
from core.datasets.lookalikes import WARPS, nearest
from core.datasets.sieve import candidates, fingerprints

Array = np.ndarray[Any, Any]
# Of rows of the search: uint8 `(rows, 128, 128)`, in grey; 0 where one cannot be read.
Details = Callable[[Array], Array]
# Correlation of two small pictures laid over each other from which they are looked at closely.
MIN_SIMILARITY = 0.955
# Levels of Cb or Cr by which the mean colours of two prints of one picture may differ.
TINT_TOLERANCE = 5.0
# Up to so many images, each is compared with all; beyond, hashes choose.
_EXHAUSTIVE = 2000
_NEAREST = 5
# Correlation without the common part from which a neighbour may be a copy, even a cropped one.
_LEAST_ALIKE = 0.4
# Neighbours of these ranks are hardly ever copies: they show how alike unlike images can be.
_UNLIKE_RANKS = slice(3, 10)
_UNLIKE_ROWS = 80
# False groups that may be expected, as a share of the images.
_FALSE_SHARE = 0.0005
# Spreads of the unlike pairs that are added, and those that a pair of two classes needs besides.
_MARGIN, _ACROSS = 1.0, 2.0
# Spreads more where one size alone has to decide.
_ONE_SIZE = 1.7
_SMALLEST_SPREAD = 0.05
# Fisher's z that is needed in any case: half of the detail agrees.
_LEAST = float(np.arctanh(0.5))
_FEW = 8


@dataclass(frozen=True)
class Limits:
    """Where unlike pairs end.

    Attributes:
        middle: float64 `(2,)`: Fisher's z of unlike pairs at each size.
        spread: float64 `(2,)`: its spread.
        limits: float64 `(3,)`: spreads above the middle from which a pair counts, averaged over
            both sizes, and at each.
    """

    middle: Array
    spread: Array
    limits: Array

    def standard(self, score: Array) -> Array:
        """float64 `(pairs, 3)`: spreads above the middle, averaged and at each size."""
        over = (score - self.middle) / self.spread
        return np.column_stack([over.mean(axis=1), over])

    def above(self, score: Array) -> Array:
        """Spreads by which pairs are above the limit, from their `(pairs, 2)` of Fisher's z."""
        over = (self.standard(score) - self.limits).max(axis=1)
        found: Array = np.where(score.max(axis=1) >= _LEAST, over, -np.inf)
        return found


@dataclass
class Search:
    """Finds near-duplicates among images.

    Args:
        small: uint8 `(images, 64, 64)`, in grey.
        tints: float32 `(images, 2)`: mean of Cb and of Cr, in [-128, 127].
        classes: int64 `(images,)`: label of each.
        details: Reads the same images at 128 px.
    """

    small: Array
    tints: Array
    classes: Array
    details: Details
    _seen: Array = field(init=False)
    _rows: Array = field(init=False)
    _limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        self._seen = np.zeros((0, 128, 128), np.uint8)
        self._rows = np.full(len(self.small), -1, np.int64)

    def groups(self) -> Array:
        """Group what resembles a common centre.

        Returns:
            int64 `(images,)`: group of each image, from 1; 0 for none.
        """
        return self._stars(*self.pairs())

    def pairs(self) -> tuple[Array, Array]:
        """Find the pairs.

        Returns:
            int64 `(pairs, 2)`, the smaller index first, and float32 `(pairs,)`: how strong each is.
        """
        nothing = np.zeros((0, 2), np.int64)
        if len(self.small) < 2:
            return nothing, np.zeros(0, np.float32)
        tried, unlike = self._candidates()
        tried = self._close(tried)
        if not len(tried):
            return nothing, np.zeros(0, np.float32)
        self._limits = self._measure(unlike)
        strength = self._judge(tried)
        ends = np.sort(np.stack([tried.first, tried.second], axis=1), axis=1)
        order = np.argsort(-strength, kind="stable")
        _, first = np.unique(ends[order], axis=0, return_index=True)
        kept = order[first]
        sure = kept[strength[kept] >= 0]
        return ends[sure], strength[sure]

    def _candidates(self) -> tuple[Pairs, Pairs]:
        """Pairs to look at, and pairs that are nearly all unlike."""
        count = len(self.small)
        random = np.random.default_rng(0)
        if count <= _EXHAUSTIVE:
            others, warps, flips, alike = nearest(self.small, _UNLIKE_RANKS.stop)
            picked = random.permutation(count)[:_UNLIKE_ROWS]

            def pairs(rows: Array, ranks: slice) -> Pairs:
                first = others[rows, ranks]
                second = np.broadcast_to(rows[:, None], first.shape)
                flat = (first.ravel(), second.ravel(), WARPS[warps[rows, ranks].ravel()])
                return Pairs(*flat, flips[rows, ranks].ravel())

            tried = pairs(np.arange(count), slice(0, _NEAREST))
            return tried[alike[:, :_NEAREST].ravel() >= _LEAST_ALIKE], pairs(picked, _UNLIKE_RANKS)
        found = [
            (block, np.full(len(block), mirrored))
            for both in candidates(fingerprints(self.small))
            for block, mirrored in zip(both, (False, True), strict=True)
        ]
        ends = np.concatenate([block for block, _ in found])
        mirrored = np.concatenate([flags for _, flags in found])
        chosen = random.integers(0, count, (7 * _UNLIKE_ROWS, 2))
        chosen = chosen[chosen[:, 0] != chosen[:, 1]]
        return _unmoved(ends, mirrored), _unmoved(chosen, np.zeros(len(chosen), bool))

    def _close(self, pairs: Pairs) -> Pairs:
        """Lays pairs over each other and keeps those of the same colours and looks."""
        first, second = self.tints[pairs.first], self.tints[pairs.second]
        # Brightness stretches the distance from grey, so the tolerance grows with it.
        tolerance = TINT_TOLERANCE + 0.2 * np.maximum(abs(first), abs(second)).max(axis=1)
        pairs = pairs[abs(first - second).max(axis=1) <= tolerance]
        laid, score = lay(self.small, pairs)
        return laid[np.flatnonzero(score >= MIN_SIMILARITY)]

    def _measure(self, unlike: Pairs) -> Limits:
        """Where unlike pairs end: of each image that is looked at, its most alike one counts."""
        rows, row = np.unique(unlike.second, return_inverse=True)
        if len(rows) < _FEW:
            return Limits(np.zeros(2), np.full(2, 0.1), np.full(3, 10 * _LEAST))
        laid, _ = lay(self.small, unlike)
        score = self._scores(laid)
        middle, spread = _bulk(score)
        over = Limits(middle, spread, np.zeros(3)).standard(score)
        largest = np.full((len(rows), 3), -np.inf)
        np.maximum.at(largest, row, over)
        far = norm.isf(_FALSE_SHARE) + _MARGIN + np.array((0, _ONE_SIZE, _ONE_SIZE))
        typical, width = _bulk(largest)
        return Limits(middle, spread, typical + far * width)

    def _scores(self, pairs: Pairs) -> Array:
        """float32 `(pairs, 2)`: Fisher's z at 64 and at 128 px."""
        wanted = np.unique(np.concatenate([pairs.first, pairs.second]))
        missing = wanted[self._rows[wanted] < 0]
        if len(missing):
            self._rows[missing] = len(self._seen) + np.arange(len(missing))
            self._seen = np.concatenate([self._seen, self.details(missing)])
        fine = Pairs(self._rows[pairs.first], self._rows[pairs.second], pairs.warp, pairs.mirrored)
        both = (agreement(self.small, pairs), agreement(self._seen, fine))
        return np.stack(both, axis=1)

    def _judge(self, pairs: Pairs) -> Array:
        """Spreads above the limit, negative below it; two classes need stronger evidence."""
        above = self._limits.above(self._scores(pairs))
        across = self.classes[pairs.first] != self.classes[pairs.second]
        judged: Array = np.where(across, above - _ACROSS, above)
        return judged

    def _stars(self, pairs: Array, strength: Array) -> Array:
        """Number groups: each is what resembles its centre, no chain."""
        group = np.zeros(len(self.small), np.int64)
        number = 0
        while len(pairs):
            weight = np.bincount(pairs.ravel(), np.repeat(strength + 1, 2), len(group))
            component = components(pairs, len(group))
            order = np.lexsort((-weight, component))
            _, begins = np.unique(component[order], return_index=True)
            centre = order[begins][component]
            rows = np.unique(pairs)
            rows = rows[centre[rows] != rows]
            joined = self._resemble(pairs, np.stack([centre[rows], rows], axis=1))
            members = rows[joined]
            codes, inverse = np.unique(centre[members], return_inverse=True)
            group[members], group[codes] = number + 1 + inverse, number + 1 + np.arange(len(codes))
            number += len(codes)
            left = (group[pairs] == 0).all(axis=1)
            pairs, strength = pairs[left], strength[left]
        return group

    def _resemble(self, pairs: Array, wanted: Array) -> Array:
        """Which of the wanted pairs are known, or hold when they are looked at."""
        count = len(self.small)
        known = np.isin(np.sort(wanted, axis=1) @ (count, 1), pairs @ (count, 1))
        open_rows = np.flatnonzero(~known)
        for mirrored in (False, True):
            if not len(open_rows):
                break
            laid, score = lay(
                self.small, _unmoved(wanted[open_rows], np.full(len(open_rows), mirrored))
            )
            strength = self._judge(laid)
            known[open_rows] = (strength >= 0) & (score >= MIN_SIMILARITY)
            open_rows = open_rows[~known[open_rows]]
        return known


def _bulk(values: Array) -> tuple[Array, Array]:
    """Middle and spread of each column, whatever the tenth part at its upper end is."""
    middle, high = np.quantile(values, (0.5, 0.9), axis=0)
    return middle, np.maximum((high - middle) / float(norm.isf(0.1)), _SMALLEST_SPREAD)


def _unmoved(ends: Array, mirrored: Array) -> Pairs:
    return Pairs(ends[:, 0], ends[:, 1], np.tile(UNCHANGED, (len(ends), 1)), mirrored)


def components(pairs: Array, count: int) -> Array:
    """int32 `(count,)`: the same number for what pairs join, directly or by way of others."""
    joined = (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1]))
    graph = coo_array(joined, shape=(count, count))
    component: Array = connected_components(graph, directed=False)[1]
    return component
