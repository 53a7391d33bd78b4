"""The words: exact for the cases that people meet, and never against the interval."""

import itertools

import pytest

from core.evaluation.verdict import Outcome, judge
from core.evaluation.wording import (
    chance_in_words,
    counts_in_words,
    difference_in_words,
    headline,
    p_in_words,
    reasons_in_words,
    round_figure,
    signed_points,
)
from core.language import in_language


def test_helped() -> None:
    verdict = judge(808, 35, 7, 31)
    assert headline(verdict) == "Fine-tuning helped"
    assert counts_in_words(verdict) == (
        "On the same 881 test images it fixed 35 and broke 7: fine-tuning helped."
    )
    assert chance_in_words(verdict) == (
        "A difference this large comes by chance about once in 66,000 times "
        "(exact McNemar, p = 0.000015)."
    )
    assert difference_in_words(verdict) == "+3.2 points (+1.8 to +4.7)"
    assert reasons_in_words(verdict) == []


def test_cannot_tell_says_why_and_what_would_tell() -> None:
    verdict = judge(150, 9, 8, 11)
    assert headline(verdict) == "Cannot tell"
    assert counts_in_words(verdict) == (
        "Fine-tuning fixed 9 and broke 8 of 178 test images: cannot tell whether it helped."
    )
    changed, fits, more = reasons_in_words(verdict)
    assert "13 of 17 would have had to go the same way" in changed
    assert "from -4.3 to +5.5 points" in fits
    assert "about 24,000 test images, instead of 178" in more


def test_hurt_names_another_subject() -> None:
    verdict = judge(100, 5, 40, 30)
    assert headline(verdict, "Run B") == "Run B hurt"
    assert "broke 40: Run B hurt." in counts_in_words(verdict, subject="Run B")


def test_leaning_names_both_the_interval_and_the_test() -> None:
    first = reasons_in_words(judge(150, 7, 1, 0))[0]
    assert "7 of the 8 images that changed sides went the same way; 8 would have been" in first
    assert "leaves out zero" in first
    assert "does not confirm" in first


@pytest.mark.parametrize("counts", [(178, 0, 0, 0), (150, 3, 0, 25), (150, 8, 8, 12)])
def test_few_or_even_changes_have_words(counts: tuple[int, int, int, int]) -> None:
    reasons = reasons_in_words(judge(*counts))
    assert reasons
    assert not any("None" in reason or "nan" in reason for reason in reasons)


def test_words_never_contradict_the_interval() -> None:
    for fixed, broken in itertools.product(range(25), range(25)):
        verdict = judge(200 - fixed - broken, fixed, broken, 30)
        said = headline(verdict)
        if said.endswith("helped"):
            assert verdict.difference.low > 0
        elif said.endswith("hurt"):
            assert verdict.difference.high < 0
        elif verdict.difference.excludes(0.0):
            assert "leans one way" in reasons_in_words(verdict)[0]
        assert (verdict.outcome is Outcome.CANNOT_TELL) == (verdict.p_value >= 0.05)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "p = 1"),
        (0.5, "p = 0.50"),
        (0.0703125, "p = 0.070"),
        (0.049, "p = 0.049"),
        (1.51e-5, "p = 0.000015"),
        (1e-12, "p < 0.000000001"),
    ],
)
def test_p_without_exponent(p: float, words: str) -> None:
    assert p_in_words(p) == words


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(1.0, 1), (9.6, 10), (33.3, 33), (66236.0, 66000), (1_333_333.0, 1_300_000)],
)
def test_round_figures(value: float, rounded: int) -> None:
    assert round_figure(value) == rounded


def test_points_have_a_sign_unless_they_are_zero() -> None:
    assert [signed_points(x) for x in (0.0318, -0.2, 0.0, -0.0001)] == [
        "+3.2",
        "-20.0",
        "0.0",
        "0.0",
    ]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            (808, 35, 7, 31),
            "На тех же тестовых изображениях (881) исправлено 35, испорчено 7: дообучение помогло.",
        ),
        (
            (150, 9, 8, 12),
            "Дообучение: из 179 тестовых изображений исправлено 9, испорчено 8. Стало ли лучше — "
            "неясно.",
        ),
    ],
)
def test_russian_declines_around_the_counts(counts: tuple[int, int, int, int], words: str) -> None:
    with in_language("ru"):
        assert counts_in_words(judge(*counts)) == words


def test_russian_writes_numbers_with_a_comma() -> None:
    with in_language("ru"):
        assert difference_in_words(judge(808, 35, 7, 31)) == "+3,2 п. п. (от +1,8 до +4,7)"
        assert p_in_words(0.049) == "p = 0,049"
