"""Stratified split of groups: each class in the shares asked for, and no group torn.

A bin packing with one window for each class and split. Groups are dealt out greedily, the largest
first, then single images; where a class ends outside its window, groups are swapped, and where that
is not enough and groups are few, an integer program finds the best way (HiGHS through scipy).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from core.datasets.split_program import best_split
from core.datasets.split_targets import ROUNDING, Kind, Windows

Array = np.ndarray[Any, Any]
# Kinds of groups up to which the integer program is solved.
_MOST_KINDS = 60
# Rounds of swaps, and how many numbers each of them compares.
_PASSES = 60
_LOOKED_AT = 300_000


def stratify(units: Array, labels: Array, shares: Sequence[float], seed: int) -> Array:
    """Assign each image to a split.

    Args:
        units: int64 `(images,)`: number of the group that each image belongs to, from 0.
        labels: int64 `(images,)`: each image's class, from 0.
        shares: Of each split, the training set first, with the sum 1.
        seed: Decides which of several like groups go where.

    Returns:
        int64 `(images,)`: index of each image's split.
    """
    random = np.random.default_rng(seed)
    kinds = _kinds(units, labels, random)
    windows = Windows(np.bincount(labels).tolist(), shares)
    open_splits = [place for place, share in enumerate(shares) if share > 0]
    dealt = _dealt(kinds, windows, open_splits)
    _mend(kinds, dealt, windows, open_splits)
    _fill_empty(kinds, dealt, windows, open_splits)
    chosen = np.zeros(int(units.max()) + 1, np.int64)
    for kind, counts in zip(kinds, dealt, strict=True):
        chosen[random.permutation(kind.units)] = np.repeat(np.arange(len(shares)), counts)
    return chosen[units]


def _kinds(units: Array, labels: Array, random: np.random.Generator) -> list[Kind]:
    """The groups, the largest kinds first; those of about one size in the seed's order."""
    table = csr_array(coo_array((np.ones(len(units), np.int64), (units, labels))))
    table.sort_indices()
    starts, classes, images = table.indptr.tolist(), table.indices.tolist(), table.data.tolist()
    found: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for unit, (start, end) in enumerate(pairwise(starts)):
        has = tuple(zip(classes[start:end], images[start:end], strict=True))
        found.setdefault(has, []).append(unit)
    kinds = [Kind(has, np.array(members)) for has, members in found.items()]
    kinds = [kinds[place] for place in random.permutation(len(kinds))]
    return sorted(kinds, key=lambda kind: -int(4 * math.log2(kind.images)))


def _dealt(kinds: Sequence[Kind], windows: Windows, open_splits: Sequence[int]) -> list[list[int]]:
    """How many groups of each kind go to each split, one after the other where most is lacking."""
    exact, aims = windows.exact.tolist(), windows.targets.tolist()
    have = [[0] * len(row) for row in exact]
    dealt = []
    for kind in kinds:
        counts = [0] * len(exact[0])
        for _ in range(len(kind.units)):
            best, least = open_splits[0], math.inf
            for place in open_splits:
                if kind.images == 1:
                    label = kind.has[0][0]
                    price = float(have[label][place] - aims[label][place])
                else:
                    # The growth of chi-square, the squared distance over the share.
                    price = sum(
                        images * (images + 2 * (have[c][place] - exact[c][place])) / exact[c][place]
                        for c, images in kind.has
                    )
                if price < least:
                    best, least = place, price
            counts[best] += 1
            for label, images in kind.has:
                have[label][best] += images
        dealt.append(counts)
    return dealt


def _counts(kinds: Sequence[Kind], dealt: Sequence[Sequence[int]], shape: tuple[int, int]) -> Array:
    """Images of each class in each split: int64 `(classes, splits)`."""
    counts = np.zeros(shape, np.int64)
    for kind, row in zip(kinds, dealt, strict=True):
        for label, images in kind.has:
            counts[label] += images * np.array(row)
    return counts


def _mend(
    kinds: Sequence[Kind], dealt: list[list[int]], windows: Windows, open_splits: Sequence[int]
) -> None:
    """Deals anew what is tied to a class that came out outside its window."""
    counts = _counts(kinds, dealt, windows.exact.shape)
    costs = windows.costs(counts)
    if not costs.any():
        return
    family = _families(kinds, len(costs))
    for bad in sorted(set(family[costs > 0].tolist())):
        members = [i for i, kind in enumerate(kinds) if family[kind.has[0][0]] == bad]
        tied = [kinds[i] for i in members]
        before = [dealt[i] for i in members]
        better = _swapped(tied, before, windows, open_splits)
        if _cost(tied, better, windows) and len(tied) <= _MOST_KINDS:
            solved = best_split(tied, windows, open_splits) or better
            better = min(better, solved, key=lambda way: _cost(tied, way, windows))
        for i, row in zip(members, better, strict=True):
            dealt[i] = row


def _cost(kinds: Sequence[Kind], dealt: Sequence[Sequence[int]], windows: Windows) -> float:
    classes = sorted({label for kind in kinds for label, _ in kind.has})
    return float(windows.costs(_counts(kinds, dealt, windows.exact.shape))[classes].sum())


def _families(kinds: Sequence[Kind], classes: int) -> Array:
    """Numbers classes that groups tie together: int64 `(classes,)`."""
    pairs = [(kind.has[0][0], label) for kind in kinds for label, _ in kind.has]
    first, second = np.array(pairs).T
    graph = coo_array((np.ones(len(pairs), bool), (first, second)), shape=(classes, classes))
    found: Array = connected_components(graph, directed=False)[1]
    return found


def _swapped(
    kinds: Sequence[Kind],
    before: Sequence[Sequence[int]],
    windows: Windows,
    open_splits: Sequence[int],
) -> list[list[int]]:
    """Move single groups, or swap two, as long as that is cheaper; of many, some are looked at."""
    random = np.random.default_rng(0)
    classes = sorted({label for kind in kinds for label, _ in kind.has})
    # The last row is no group: to swap a group for it is to move it.
    column = {label: place for place, label in enumerate(classes)}
    has = np.zeros((len(kinds) + 1, len(classes)), np.int64)
    for i, kind in enumerate(kinds):
        for label, images in kind.has:
            has[i, column[label]] = images
    dealt = np.array([*before, [1] * len(before[0])])
    most = max(2, math.isqrt(_LOOKED_AT // len(classes)))
    for _ in range(_PASSES):
        is_cheaper = False
        for here, there in combinations(open_splits, 2):
            mine, other = (
                np.sort(random.permutation(np.flatnonzero(dealt[:, place]))[:most])
                for place in (here, there)
            )
            mine, other = np.union1d(mine, [len(kinds)]), np.union1d(other, [len(kinds)])
            # Of every pair, what the first split gains and the second loses, by class.
            change = has[other][None] - has[mine][:, None]
            counts = has[:-1].T @ dealt[:-1]
            after = windows.prices(counts[:, here] + change, classes, here) + windows.prices(
                counts[:, there] - change, classes, there
            )
            mine_at, other_at = np.unravel_index(np.argmin(after), after.shape)
            now = windows.prices(counts[:, here], classes, here) + windows.prices(
                counts[:, there], classes, there
            )
            if after[mine_at, other_at] < now - ROUNDING:
                is_cheaper = True
                for group, left, entered in (
                    (mine[mine_at], here, there),
                    (other[other_at], there, here),
                ):
                    dealt[group, left] -= 1
                    dealt[group, entered] += 1
                dealt[-1] = 1
        if not is_cheaper:
            break
    return [list(map(int, row)) for row in dealt[:-1]]


def _fill_empty(
    kinds: Sequence[Kind], dealt: list[list[int]], windows: Windows, open_splits: Sequence[int]
) -> None:
    """Give a group to each empty split: classes of one or two images would leave it empty."""
    empty = [place for place in open_splits if not any(row[place] for row in dealt)]
    if not empty:
        return
    if len(kinds) <= _MOST_KINDS:
        dealt[:] = best_split(kinds, windows, open_splits, filled=True) or dealt
        return
    for place in empty:
        # The largest split has the most to give; its smallest groups are missed least.
        donor = max(open_splits, key=lambda split: sum(row[split] for row in dealt))
        smallest = min((k.images, i) for i, k in enumerate(kinds) if dealt[i][donor])[1]
        dealt[smallest][donor] -= 1
        dealt[smallest][place] += 1
