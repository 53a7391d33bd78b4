"""The verdict in words, for people who have not met a p-value."""

from __future__ import annotations

import math

from core.evaluation.sample_size import images_needed, majority_needed
from core.evaluation.verdict import Outcome, Verdict


def headline(verdict: Verdict, subject: str = "Fine-tuning") -> str:
    """Two or three words: "Fine-tuning helped", "Fine-tuning hurt", "Cannot tell"."""
    if verdict.outcome is Outcome.CANNOT_TELL:
        return "Cannot tell"
    return f"{subject} {verdict.outcome}"


def counts_in_words(verdict: Verdict, subject: str = "fine-tuning", split: str = "test") -> str:
    """What changed: "On the same 881 test images it fixed 35 and broke 7: fine-tuning helped."."""
    images = f"{verdict.images:,} {split} image{_s(verdict.images)}"
    if verdict.outcome is Outcome.CANNOT_TELL:
        start = subject[0].upper() + subject[1:]
        return (
            f"{start} fixed {verdict.fixed:,} and broke {verdict.broken:,} of {images}: "
            "cannot tell whether it helped."
        )
    return (
        f"On the same {images} it fixed {verdict.fixed:,} and broke {verdict.broken:,}: "
        f"{subject} {verdict.outcome}."
    )


def chance_in_words(verdict: Verdict) -> str:
    """How often chance alone does this: the p-value for a reader, and the p-value itself."""
    if verdict.changed == 0:
        return "Not one image changed sides, so there is nothing to test."
    p = f"(exact McNemar, {p_in_words(verdict.p_value)})"
    if verdict.p_value < 1e-9:
        return f"A difference this large practically never comes by chance {p}."
    if verdict.p_value < 0.05:
        return (
            "A difference this large comes by chance about once in "
            f"{round_figure(1 / verdict.p_value):,} times {p}."
        )
    if verdict.p_value > 0.995:
        return f"Chance alone nearly always makes a difference at least this large {p}."
    in_a_hundred = round(100 * verdict.p_value)
    return f"Chance alone makes a difference at least this large {in_a_hundred} times in 100 {p}."


def difference_in_words(verdict: Verdict) -> str:
    """The difference in percentage points with its interval: "+3.2 points (+1.7 to +4.7)"."""
    gap = verdict.difference
    return (
        f"{signed_points(gap.estimate)} points "
        f"({signed_points(gap.low)} to {signed_points(gap.high)})"
    )


def reasons_in_words(verdict: Verdict, split: str = "test") -> list[str]:
    """Why nothing can be told, and what would tell; empty where something can be."""
    if verdict.outcome is not Outcome.CANNOT_TELL:
        return []
    if verdict.changed == 0:
        return ["Both models give every image the same standing, right or wrong."]
    reasons = [_few_changed(verdict, split), _what_would_tell(verdict, split)]
    return reasons if verdict.leaning else [reasons[0], _what_fits(verdict), reasons[1]]


def p_in_words(p_value: float) -> str:
    """`p = 0.000016`: two significant digits without an exponent; `p < 0.000000001` below that."""
    if p_value < 1e-9:
        return "p < 0.000000001"
    if p_value > 0.995:
        return "p = 1"
    digits = max(2, 1 - math.floor(math.log10(p_value)))
    return f"p = {p_value:.{digits}f}"


def round_figure(value: float) -> int:
    """Rounds a number of 1 or more to two significant digits: 66,236 is 66,000."""
    step = max(1, 10 ** (math.floor(math.log10(value)) - 1))
    return int(round(value / step) * step)


def signed_points(share: float) -> str:
    """A share as signed percentage points: 0.032 is "+3.2"; zero has no sign."""
    points = round(100 * share, 1)
    return f"{points:+.1f}" if points else "0.0"


def _few_changed(verdict: Verdict, split: str) -> str:
    if verdict.leaning:
        return _leaning(verdict)
    need = majority_needed(verdict.changed)
    if need is None:
        return (
            f"Only {verdict.changed} of {verdict.images:,} {split} images changed sides. Fewer "
            "than 6 cannot show anything, even if all go the same way."
        )
    return (
        f"Only the {verdict.changed:,} images that changed sides say anything, and they went both "
        f"ways: {need:,} of {verdict.changed:,} would have had to go the same way."
    )


def _leaning(verdict: Verdict) -> str:
    most = max(verdict.fixed, verdict.broken)
    need = majority_needed(verdict.changed)
    enough = (
        f"{need:,} would have been enough"
        if need is not None
        else "fewer than 6 changed images are never enough"
    )
    return (
        f"It leans one way: {most:,} of the {verdict.changed:,} images that changed sides went the "
        f"same way; {enough}. The interval just leaves out zero. The exact test is the stricter of "
        "the two and does not confirm it."
    )


def _what_fits(verdict: Verdict) -> str:
    low, high = signed_points(verdict.difference.low), signed_points(verdict.difference.high)
    return f"That is no proof of no effect: anything from {low} to {high} points fits these images."


def _what_would_tell(verdict: Verdict, split: str) -> str:
    need = images_needed(verdict.fixed / verdict.images, verdict.broken / verdict.images)
    if need is None:
        return (
            "It fixed as many as it broke; if the truth is that even, no number of images would "
            "show a difference."
        )
    points = signed_points(abs(verdict.difference.estimate)).lstrip("+")
    return (
        f"If the true difference is the {points} points seen here, about "
        f"{round_figure(need):,} {split} images, instead of {verdict.images:,}, would show it 8 "
        "times out of 10."
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
