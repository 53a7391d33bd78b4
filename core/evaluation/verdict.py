"""Did it help? The exact McNemar test on the images that changed, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd
from scipy.stats import binomtest

from core.evaluation.intervals import Interval, newcombe_paired, wilson

LEVEL = 0.05


class Outcome(StrEnum):
    """Conclusion about the second model, compared with the first."""

    HELPED = "helped"
    HURT = "hurt"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """Two models' answers to the same images, counted and judged.

    Attributes:
        both_right: Images that both have right.
        fixed: Images that only the second one has right.
        broken: Images that only the first one has right.
        both_wrong: Images that neither has right.
        p_value: Of the exact two-sided McNemar test.
        before: The first model's accuracy with its Wilson interval.
        after: The second model's.
        difference: After less before, with Newcombe's paired interval.
        outcome: The verdict.
    """

    both_right: int
    fixed: int
    broken: int
    both_wrong: int
    p_value: float
    before: Interval
    after: Interval
    difference: Interval
    outcome: Outcome

    @property
    def images(self) -> int:
        """All images."""
        return self.both_right + self.both_wrong + self.changed

    @property
    def changed(self) -> int:
        """Images that were fixed or broken."""
        return self.fixed + self.broken

    @property
    def leaning(self) -> bool:
        """True if the interval excludes zero and the stricter exact test disagrees."""
        return self.outcome is Outcome.CANNOT_TELL and self.difference.excludes(0.0)


def mcnemar_exact(fixed: int, broken: int) -> float:
    """The exact McNemar test: are `fixed` and `broken` as uneven as a fair coin seldom is?

    Images that both models have right or both have wrong say nothing about the difference, so
    the test looks only at the others.

    Source: Q. McNemar (1947), Psychometrika 12, 153-157; F. Mosteller (1952), Biometrics 8,
    220-226, for the exact form.

    Args:
        fixed: Images that only the second model has right.
        broken: Images that only the first model has right.

    Returns:
        The two-sided p-value, between 0 and 1.
    """
    changed = fixed + broken
    return float(binomtest(fixed, changed).pvalue) if changed else 1.0


def judge(both_right: int, fixed: int, broken: int, both_wrong: int) -> Verdict:
    """Judges four counts.

    "helped" and "hurt" need both the exact test's p-value below 0.05 and a 95 % interval of the
    difference on that side of zero, so that neither ever contradicts the verdict.
    """
    images = both_right + fixed + broken + both_wrong
    p_value = mcnemar_exact(fixed, broken)
    difference = newcombe_paired(both_right, fixed, broken, both_wrong)
    outcome = Outcome.CANNOT_TELL
    if p_value < LEVEL and difference.low > 0:
        outcome = Outcome.HELPED
    elif p_value < LEVEL and difference.high < 0:
        outcome = Outcome.HURT
    return Verdict(
        both_right=both_right,
        fixed=fixed,
        broken=broken,
        both_wrong=both_wrong,
        p_value=p_value,
        before=wilson(both_right + broken, images),
        after=wilson(both_right + fixed, images),
        difference=difference,
        outcome=outcome,
    )


def judge_pairs(pairs: pd.DataFrame) -> Verdict:
    """Judges a table of `core.evaluation.predictions.join_predictions` by its column `change`."""
    counts = pairs["change"].value_counts()
    return judge(
        both_right=int(counts.get("both right", 0)),
        fixed=int(counts.get("fixed", 0)),
        broken=int(counts.get("broken", 0)),
        both_wrong=int(counts.get("both wrong", 0)),
    )
