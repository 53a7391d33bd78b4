"""Number of test images that a difference needs to be significant in the exact McNemar test."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, norm

from core.evaluation.verdict import LEVEL

POWER = 0.8
# More changed images than this and the normal approximation is as good as the exact sum.
MOST_CHANGED = 20_000


def images_needed(share_fixed: float, share_broken: float, power: float = POWER) -> int | None:
    """Test images after which a true difference of this size is found with probability `power`.

    The power of the exact test is summed over all numbers of changed images. Where these would be
    more than `MOST_CHANGED`, R. J. Connor's formula is used.

    Source: R. J. Connor (1987), Biometrics 43, 207-211; O. S. Miettinen (1968), Biometrics 24,
    339-352, for the sum over the number of changed pairs.

    Args:
        share_fixed: True share of all images that only the second model has right.
        share_broken: True share that only the first one has right.
        power: Wanted probability of a verdict.

    Returns:
        The number of images, or None where the shares are equal: no number shows what is not
        there.
    """
    if math.isclose(share_fixed, share_broken, abs_tol=1e-12):
        return None
    guess = connor_images(share_fixed, share_broken, power)
    if guess * (share_fixed + share_broken) > MOST_CHANGED:
        return guess
    low, high = 1, guess
    while exact_power(high, share_fixed, share_broken) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if exact_power(middle, share_fixed, share_broken) < power:
            low = middle
        else:
            high = middle
    return high


def connor_images(share_fixed: float, share_broken: float, power: float = POWER) -> int:
    """Connor's approximate number of pairs for McNemar's test, rounded up."""
    changed = share_fixed + share_broken
    difference = abs(share_fixed - share_broken)
    level_part = norm.ppf(1 - LEVEL / 2) * math.sqrt(changed)
    power_part = norm.ppf(power) * math.sqrt(changed - difference**2)
    return math.ceil(float((level_part + power_part) / difference) ** 2)


def exact_power(images: int, share_fixed: float, share_broken: float) -> float:
    """Probability that the exact McNemar test gives p < 0.05 on this many images.

    Args:
        images: Number of test images.
        share_fixed: True share of all images that only the second model has right.
        share_broken: True share that only the first one has right.

    Returns:
        The power, between 0 and 1.
    """
    changed_share = share_fixed + share_broken
    if changed_share == 0:
        return 0.0
    spread = 8 * math.sqrt(images * changed_share * (1 - changed_share)) + 1
    centre = images * changed_share
    changed = np.arange(max(0, int(centre - spread)), min(images, int(centre + spread)) + 1)
    most = _most_against(changed)
    probability = share_fixed / changed_share
    rejects = binom.cdf(most, changed, probability)
    rejects += binom.cdf(most, changed, 1 - probability)
    return float(np.sum(binom.pmf(changed, images, changed_share) * rejects))


def majority_needed(changed: int) -> int | None:
    """Fewest of `changed` images on one side that give a verdict, or None if all would not do."""
    most = int(_most_against(np.array([changed]))[0])
    return None if most < 0 else changed - most


def _most_against(changed: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # The largest minority that still has p < 0.05; -1 where even 0 against all has not.
    most: npt.NDArray[np.int64] = binom.ppf(LEVEL / 2, changed, 0.5).astype(np.int64)
    too_many = 2 * binom.cdf(most, changed, 0.5) >= LEVEL
    return np.where(too_many, most - 1, most)
