"""Intervals against published examples and against Wilson's formula."""

import math

import pytest
from scipy.stats import norm

from core.evaluation.intervals import newcombe_paired, wilson


def test_wilson_published_example() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263.
    interval = wilson(81, 263)
    assert interval.low == pytest.approx(0.2553, abs=5e-5)
    assert interval.high == pytest.approx(0.3662, abs=5e-5)


@pytest.mark.parametrize(("correct", "images"), [(0, 20), (1, 29), (15, 148), (881, 881), (3, 4)])
def test_wilson_agrees_with_the_formula(correct: int, images: int) -> None:
    z, share = norm.ppf(0.975), correct / images
    middle = (share + z**2 / (2 * images)) / (1 + z**2 / images)
    spread = share * (1 - share) / images + z**2 / (4 * images**2)
    half = z * math.sqrt(spread) / (1 + z**2 / images)
    ours = wilson(correct, images)
    assert (ours.low, ours.high) == pytest.approx((middle - half, middle + half), abs=1e-12)
    assert ours.low <= ours.estimate <= ours.high


def test_wilson_of_no_images_knows_nothing() -> None:
    interval = wilson(0, 0)
    assert (interval.low, interval.high) == (0.0, 1.0)
    assert math.isnan(interval.estimate)


def test_wilson_refuses_more_right_than_there_are() -> None:
    with pytest.raises(ValueError, match="between 0 and 3, received 4"):
        wilson(4, 3)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # Airway hyper-responsiveness of 21 children, in Fagerland, Lydersen and Laake (2014),
        # Statistics in Medicine 33, 2850-2875.
        ((1, 1, 7, 12), -0.507, -0.026),
        # Altman et al. (2000), Statistics with Confidence, table 6.2.
        ((14, 5, 0, 22), 0.011, 0.226),
    ],
)
def test_newcombe_published_examples(
    table: tuple[int, int, int, int], low: float, high: float
) -> None:
    interval = newcombe_paired(*table)
    assert interval.low == pytest.approx(low, abs=6e-4)
    assert interval.high == pytest.approx(high, abs=6e-4)


def test_newcombe_turns_round_with_the_models() -> None:
    forward, back = newcombe_paired(150, 9, 3, 16), newcombe_paired(150, 3, 9, 16)
    assert (forward.low, forward.high) == pytest.approx((-back.high, -back.low))


@pytest.mark.parametrize("table", [(0, 5, 0, 0), (0, 0, 5, 0), (5, 0, 0, 0), (0, 0, 0, 5)])
def test_newcombe_stays_within_its_range_at_the_corners(table: tuple[int, int, int, int]) -> None:
    interval = newcombe_paired(*table)
    assert -1 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.low < interval.high


def test_newcombe_of_uncorrelated_answers_is_the_sum_of_squares() -> None:
    # By hand: 16 x 1 = 4 x 4, so phi is 0, and both accuracies are 20 of 25.
    one = wilson(20, 25)
    half = math.hypot(one.estimate - one.low, one.high - one.estimate)
    assert newcombe_paired(16, 4, 4, 1).high == pytest.approx(half)
