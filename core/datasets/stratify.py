"""Stratified split of groups: each class in the shares asked for, and no group torn.

A bin packing with one window for each class and split. Groups are dealt out greedily, the largest
first, then single images; where a class ends outside its window, an integer program looks for the
best way (HiGHS through scipy), or single moves do where it would be too large.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from core.datasets.split_program import best_split
from core.datasets.split_targets import ROUNDING, Kind, Windows

Array = np.ndarray[Any, Any]
# Kinds of groups up to which the integer program is solved.
_MOST_KINDS = 120
_PASSES = 6


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
        if sum(kind.images > 1 for kind in tied) <= _MOST_KINDS:
            better = best_split(tied, windows, open_splits)
        else:
            better = _moved(tied, before, windows, open_splits)
        if better is not None and _cost(tied, better, windows) < _cost(tied, before, windows):
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


def _moved(
    kinds: Sequence[Kind],
    before: Sequence[Sequence[int]],
    windows: Windows,
    open_splits: Sequence[int],
) -> list[list[int]]:
    """Moves single groups as long as that is cheaper."""
    dealt = [list(row) for row in before]
    have = _counts(kinds, dealt, windows.exact.shape).tolist()
    for _ in range(_PASSES):
        changed = False
        for kind, row in zip(kinds, dealt, strict=True):
            for here in open_splits:
                for there in open_splits:
                    while here != there and row[here] and _gain(kind, have, windows, here, there):
                        row[here] -= 1
                        row[there] += 1
                        for label, images in kind.has:
                            have[label][here] -= images
                            have[label][there] += images
                        changed = True
        if not changed:
            break
    return dealt


def _gain(kind: Kind, have: list[list[int]], windows: Windows, here: int, there: int) -> bool:
    """Whether moving one group makes things cheaper."""
    change = 0.0
    for label, images in kind.has:
        for place, more in ((here, -images), (there, images)):
            count = have[label][place]
            change += windows.cost(label, place, count + more) - windows.cost(label, place, count)
    return change < -ROUNDING


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
