"""The best stratified split of groups, by an integer program (HiGHS through scipy)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from core.datasets.split_targets import MISSING, Kind, Windows

# Branches of the search: a number that any machine counts alike, unlike seconds.
_MOST_BRANCHES = 400


class _Rows:
    """Linear constraints, collected row by row."""

    def __init__(self) -> None:
        self._cells: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: Iterable[tuple[int, float]], low: float, high: float = math.inf) -> None:
        """Add `low <= sum of value * variable <= high`."""
        rows, columns, values = self._cells
        for column, value in terms:
            rows.append(len(self.low))
            columns.append(column)
            values.append(value)
        self.low.append(low)
        self.high.append(high)

    def matrix(self, width: int) -> Any:
        """Sparse matrix of the rows."""
        rows, columns, values = self._cells
        return csr_array((values, (rows, columns)), shape=(len(self.low), width))


def best_split(
    kinds: Sequence[Kind], windows: Windows, open_splits: Sequence[int], filled: bool = False
) -> list[list[int]] | None:
    """Find the cheapest assignment of groups to splits.

    Variables: groups of each kind in each split; images outside the window and whether a needed
    image is missing, for each class and split.

    Args:
        kinds: The groups.
        windows: Prices of what is off its share.
        open_splits: Splits that get images.
        filled: Whether every one of them needs a group.

    Returns:
        Groups of each kind in each split; None where the search found nothing.
    """
    # Imported late: it takes a while, and most data sets do not need it.
    from scipy.optimize import Bounds, LinearConstraint, milp

    wide = len(open_splits)
    cells = [
        (c, j) for c in sorted({c for kind in kinds for c, _ in kind.has}) for j in range(wide)
    ]
    dealt = len(kinds) * wide
    width = dealt + 2 * len(cells)
    inside: dict[int, list[tuple[int, int]]] = {label: [] for label, _ in cells}
    for i, kind in enumerate(kinds):
        for label, images in kind.has:
            inside[label].append((i, images))
    rows = _Rows()
    for i, kind in enumerate(kinds):
        rows.add(((i * wide + j, 1.0) for j in range(wide)), len(kind.units), len(kind.units))
    for number, (label, j) in enumerate(cells):
        place, outside = open_splits[j], dealt + number
        terms = [(i * wide + j, float(n)) for i, n in inside[label]]
        rows.add([*terms, (outside, 1.0)], float(windows.low[label, place]))
        rows.add([*terms, (outside, -1.0)], -math.inf, float(windows.high[label, place]))
        missing = outside + len(cells)
        rows.add([*terms, (missing, 1.0)], float(windows.needed[label, place]))
    for j in range(wide if filled else 0):
        rows.add(((i * wide + j, 1.0) for i in range(len(kinds))), 1.0)
    most = np.repeat([float(len(kind.units)) for kind in kinds], wide)
    answer = milp(
        [0.0] * dealt + [1.0] * len(cells) + [MISSING[open_splits[j]] for _, j in cells],
        integrality=[1] * dealt + [0] * (2 * len(cells)),
        bounds=Bounds(0, np.concatenate([most, np.full(2 * len(cells), np.inf)])),
        constraints=LinearConstraint(rows.matrix(width), rows.low, rows.high),
        options={"node_limit": _MOST_BRANCHES, "mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None
    found = np.zeros((len(kinds), windows.exact.shape[1]), int)
    found[:, list(open_splits)] = np.rint(answer.x[:dealt]).astype(int).reshape(-1, wide)
    return [list(map(int, row)) for row in found]
