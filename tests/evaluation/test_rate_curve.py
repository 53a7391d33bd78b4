"""Suggested rates on curves whose minimum is known."""

import math

import numpy as np
import pytest

from core.evaluation.rate_curve import RateCurve, exploded, rising_rates, smooth


def curve(loss_of_exponent: np.ndarray) -> RateCurve:
    return RateCurve(rising_rates()[: len(loss_of_exponent)].tolist(), loss_of_exponent.tolist(), 3)


EXPONENTS = np.log10(rising_rates())


def test_a_tenth_of_the_rate_at_the_minimum() -> None:
    falling = 0.1 + 1 / (1 + np.exp(4 * (EXPONENTS + 3)))
    valley = falling + np.clip(EXPONENTS + 1.5, 0, None) ** 2  # lowest near 10 ** -1.8

    assert math.log10(curve(valley).suggested) == pytest.approx(-2.7, abs=0.35)


def test_a_loss_that_only_stays_and_then_rises() -> None:
    """A trained head: nothing to gain, and a rate from which on everything is lost."""
    noise = np.random.default_rng(0).normal(0, 0.002, 75)
    flat = 0.3 + noise + np.clip(EXPONENTS[:75] + 2, 0, None) ** 2

    assert math.log10(curve(flat).suggested) == pytest.approx(-3, abs=0.35)


def test_a_loss_that_falls_to_the_end_suggests_a_tenth_of_the_last() -> None:
    assert curve(7 - EXPONENTS).suggested == pytest.approx(0.1)


def test_smoothing_does_not_move_the_minimum_of_a_symmetric_valley() -> None:
    valley = np.abs(np.arange(101) - 50.0)

    assert smooth(valley).argmin() == 50


@pytest.mark.parametrize(
    ("last", "expected"), [(1.0, False), (40.0, True), (math.nan, True), (math.inf, True)]
)
def test_four_times_the_best_loss_is_an_explosion(last: float, expected: bool) -> None:
    assert exploded([1.0] * 20 + [last] * 2, classes=3) == expected


def test_noise_of_a_tiny_loss_is_no_explosion() -> None:
    assert not exploded([0.001] * 20 + [0.02] * 5, classes=3)
