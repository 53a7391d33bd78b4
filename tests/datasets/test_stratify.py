"""Groups stay whole, shares hold wherever groups let them, and validation and test have images."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.split_targets import Windows, targets
from core.datasets.stratify import stratify

SHARES = (0.7, 0.15, 0.15)
Array = np.ndarray[Any, Any]


def images_of(groups: Sequence[tuple[int, ...]]) -> tuple[Array, Array]:
    """Units and labels of groups, each given by how many images of each class it has."""
    units, labels = [], []
    for unit, has in enumerate(groups):
        for label, count in enumerate(has):
            units += [unit] * count
            labels += [label] * count
    return np.array(units), np.array(labels)


def counted(labels: Array, chosen: Array, classes: int, splits: int = 3) -> Array:
    counts = np.zeros((classes, splits), np.int64)
    np.add.at(counts, (labels, chosen), 1)
    return counts


def whole(units: Array, chosen: Array) -> bool:
    return all(len(set(chosen[units == unit])) == 1 for unit in set(units))


@settings(max_examples=150, deadline=None)
@given(
    sizes=st.lists(st.integers(3, 60), min_size=2, max_size=6),
    val=st.sampled_from((0.1, 0.15, 0.2, 0.3)),
    test=st.sampled_from((0.1, 0.15, 0.25)),
    seed=st.integers(0, 5),
)
def test_single_images_are_within_one_of_the_share_in_every_class(
    sizes: list[int], val: float, test: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    shares = (1 - val - test, val, test)
    counts = counted(labels, stratify(np.arange(len(labels)), labels, shares, seed), len(sizes))

    off = abs(counts - np.outer(sizes, shares))
    assert (off[:, 1:] <= 1 + 1e-6).all()
    # A tiny class gives one image to each split, whatever its share of them.
    assert (off[np.array(sizes) > 6] <= 1 + 1e-6).all()
    assert (counts >= 1).all()


@settings(max_examples=80, deadline=None)
@given(
    groups=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(any), min_size=3, max_size=40
    ),
    seed=st.integers(0, 3),
)
def test_groups_are_never_torn_and_no_split_is_empty(
    groups: list[tuple[int, int]], seed: int
) -> None:
    units, labels = images_of(groups)
    chosen = stratify(units, labels, SHARES, seed)

    assert whole(units, chosen)
    assert set(chosen) == {0, 1, 2}


@settings(max_examples=60, deadline=None)
@given(
    groups=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(any), min_size=3, max_size=7
    )
)
def test_it_is_as_good_as_trying_everything(groups: list[tuple[int, int]]) -> None:
    units, labels = images_of(groups)
    classes = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=classes)
    windows = Windows(sizes.tolist(), SHARES)

    def cost(choice: Sequence[int]) -> float:
        return float(windows.costs(counted(labels, np.array(choice)[units], classes)).sum())

    ways = [w for w in itertools.product(range(3), repeat=len(groups)) if set(w) == {0, 1, 2}]
    best = min(cost(way) for way in ways)
    chosen = stratify(units, labels, SHARES, 0)
    got = float(windows.costs(counted(labels, chosen, classes)).sum())

    assert got <= best + 1e-6


@pytest.mark.parametrize("size", range(3, 30))
def test_targets_keep_to_the_share_and_leave_no_split_without_the_class(size: int) -> None:
    row = targets([size], SHARES)[0]

    assert row.sum() == size
    assert (row >= 1).all()
    assert (abs(row - size * np.array(SHARES))[1:] <= 1 + 1e-9).all()


def test_the_same_seed_gives_the_same_split() -> None:
    labels = np.repeat([0, 1, 2], 40)
    units = np.arange(120) // 2
    first = stratify(units, labels, SHARES, 0)

    assert np.array_equal(first, stratify(units, labels, SHARES, 0))
    assert not np.array_equal(first, stratify(units, labels, SHARES, 1))


@pytest.mark.parametrize("patients", [500, 1000, 3000])
def test_many_patients_who_are_in_every_class_come_within_one_image(patients: int) -> None:
    random = np.random.default_rng(patients)
    labels = random.integers(0, 5, 20 * patients)
    units = np.unique(random.integers(0, patients, len(labels)), return_inverse=True)[1]
    counts = counted(labels, stratify(units, labels, SHARES, 0), 5)

    assert (abs(counts - np.outer(np.bincount(labels), SHARES)) <= 1 + 1e-9).all()
