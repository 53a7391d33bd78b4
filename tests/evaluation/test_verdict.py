"""The verdict against hand-worked and published values, and against its own promises."""

import itertools

import pandas as pd
import pytest

from core.evaluation.verdict import Outcome, judge, judge_pairs, mcnemar_exact


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [
        (0, 0, 1.0),
        (5, 0, 2 * 0.5**5),
        (6, 0, 2 * 0.5**6),
        # 2 (C(10,0) + C(10,1) + C(10,2)) / 2^10, by hand.
        (8, 2, 2 * (1 + 10 + 45) / 1024),
        # Fagerland, Lydersen and Laake (2013), BMC Medical Research Methodology 13:91: 0.070.
        (1, 7, 0.0703125),
        (7, 7, 1.0),
    ],
)
def test_mcnemar_by_hand(fixed: int, broken: int, p: float) -> None:
    assert mcnemar_exact(fixed, broken) == pytest.approx(p)
    assert mcnemar_exact(broken, fixed) == pytest.approx(p)


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ((808, 35, 7, 31), Outcome.HELPED),
        ((808, 7, 35, 31), Outcome.HURT),
        ((150, 9, 8, 11), Outcome.CANNOT_TELL),
        ((0, 0, 0, 0), Outcome.CANNOT_TELL),
        ((178, 0, 0, 0), Outcome.CANNOT_TELL),
    ],
)
def test_outcome(counts: tuple[int, int, int, int], outcome: Outcome) -> None:
    assert judge(*counts).outcome is outcome


def test_accuracies_and_difference_belong_to_the_counts() -> None:
    verdict = judge(808, 35, 7, 31)
    assert verdict.images == 881
    assert verdict.before.estimate == pytest.approx(815 / 881)
    assert verdict.after.estimate == pytest.approx(843 / 881)
    assert verdict.difference.estimate == pytest.approx(28 / 881)


def test_a_small_p_value_always_has_an_interval_beside_zero() -> None:
    small = 0
    for images, fixed, broken in itertools.product((20, 50, 300), range(21), range(21)):
        rest = images - fixed - broken
        if rest < 0:
            continue
        for right in {0, rest // 2, rest}:
            verdict = judge(right, fixed, broken, rest - right)
            if verdict.p_value < 0.05:
                small += 1
                assert verdict.difference.excludes(0.0)
                assert verdict.outcome is not Outcome.CANNOT_TELL
    assert small > 100


def test_leaning_is_where_interval_and_test_part() -> None:
    assert judge(1, 1, 7, 12).leaning
    assert not judge(150, 9, 8, 11).leaning
    assert not judge(808, 35, 7, 31).leaning


def test_judge_pairs_counts_the_changes() -> None:
    changes = ["fixed"] * 3 + ["broken"] + ["both right"] * 5 + ["both wrong"] * 2
    verdict = judge_pairs(pd.DataFrame({"change": changes}))
    assert (verdict.both_right, verdict.fixed, verdict.broken, verdict.both_wrong) == (5, 3, 1, 2)
