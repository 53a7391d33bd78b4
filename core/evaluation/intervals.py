"""Confidence intervals for one accuracy, and for the difference of two on the same images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from scipy.stats import binomtest


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence limits, all in the same unit.

    Attributes:
        estimate: What was observed.
        low: Lower limit.
        high: Upper limit.
    """

    estimate: float
    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """Return True if `value` lies outside the limits."""
        return value < self.low or value > self.high


# The test that scipy makes beside it takes ten times as long as the interval.
@lru_cache(maxsize=10_000)
def wilson(correct: int, images: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for a share, from `scipy.stats`.

    Unlike the textbook's plus-minus formula it stays inside 0 to 1 and has a width where every
    image is right.

    Source: E. B. Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Args:
        correct: Images that are right, between 0 and `images`.
        images: Images in all; with 0 nothing is known and the limits are 0 and 1.
        confidence: Wanted coverage, between 0 and 1.

    Returns:
        The share with its limits, between 0 and 1.

    Raises:
        ValueError: If `correct` is negative or more than `images`.
    """
    if not 0 <= correct <= images:
        raise ValueError(f"`correct` must lie between 0 and {images}, received {correct}.")
    if images == 0:
        return Interval(math.nan, 0.0, 1.0)
    limits = binomtest(correct, images).proportion_ci(confidence, method="wilson")
    return Interval(correct / images, float(limits.low), float(limits.high))


def newcombe_paired(
    both_right: int, fixed: int, broken: int, both_wrong: int, confidence: float = 0.95
) -> Interval:
    """Newcombe's score interval for the difference of two accuracies on the same images.

    The two Wilson intervals are added as squares, with the correlation of the two answers taken
    into account (continuity corrected where it is positive).

    Source: R. G. Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 10.

    Args:
        both_right: Images that both models have right.
        fixed: Images that only the second model has right.
        broken: Images that only the first model has right.
        both_wrong: Images that neither has right.
        confidence: Wanted coverage, between 0 and 1.

    Returns:
        The second model's accuracy less the first one's, with its limits, between -1 and 1.
    """
    images = both_right + fixed + broken + both_wrong
    if images == 0:
        return Interval(math.nan, -1.0, 1.0)
    after = wilson(both_right + fixed, images, confidence)
    before = wilson(both_right + broken, images, confidence)
    phi = _correlation(both_right, fixed, broken, both_wrong)
    difference = after.estimate - before.estimate
    below = _add(after.estimate - after.low, before.high - before.estimate, phi)
    above = _add(after.high - after.estimate, before.estimate - before.low, phi)
    return Interval(difference, max(difference - below, -1.0), min(difference + above, 1.0))


def _correlation(both_right: int, fixed: int, broken: int, both_wrong: int) -> float:
    margins = (
        (both_right + fixed) * (broken + both_wrong) * (both_right + broken) * (fixed + both_wrong)
    )
    if margins == 0:
        return 0.0
    agreement = float(both_right * both_wrong - fixed * broken)
    if agreement > 0:
        images = both_right + fixed + broken + both_wrong
        agreement = max(agreement - images / 2, 0.0)
    return agreement / math.sqrt(margins)


def _add(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(first**2 - 2 * phi * first * second + second**2, 0.0))
