"""The verdict in words, for people who have not met a p-value."""

from __future__ import annotations

import math

from core.evaluation.sample_size import images_needed, majority_needed
from core.evaluation.verdict import Outcome, Verdict
from core.language import Words, mark, number, tr, trn

STEP = mark("fine-tuning")
_OUTCOMES = {
    Outcome.HELPED: mark("helped"),
    Outcome.HURT: mark("hurt"),
    Outcome.CANNOT_TELL: mark("cannot tell"),
}


def outcome_in_words(outcome: Outcome) -> str:
    """The outcome as the end of a sentence: "helped", "hurt", "cannot tell"."""
    return tr(_OUTCOMES[outcome])


def headline(verdict: Verdict, subject: str = STEP) -> str:
    """Two or three words: "Fine-tuning helped", "Fine-tuning hurt", "Cannot tell".

    Args:
        verdict: The verdict.
        subject: What it speaks of, in English.
    """
    if verdict.outcome is Outcome.CANNOT_TELL:
        return tr("Cannot tell")
    return _capital(_judged(verdict.outcome, subject))


def counts_in_words(verdict: Verdict, subject: str = STEP) -> str:
    """Describe the changes: "On the same 881 test images it fixed 35 and broke 7: fine-tuning
    helped."."""
    if verdict.outcome is Outcome.CANNOT_TELL:
        start = _capital(tr(subject))
        return trn(
            "{subject} fixed {fixed} and broke {broken} of {count} test image: cannot tell whether "
            "it helped.",
            "{subject} fixed {fixed} and broke {broken} of {count} test images: cannot tell "
            "whether it helped.",
            verdict.images,
            subject=start,
            fixed=verdict.fixed,
            broken=verdict.broken,
        )
    return trn(
        "On the same {count} test image it fixed {fixed} and broke {broken}: {judged}.",
        "On the same {count} test images it fixed {fixed} and broke {broken}: {judged}.",
        verdict.images,
        fixed=verdict.fixed,
        broken=verdict.broken,
        judged=_judged(verdict.outcome, subject),
    )


def chance_in_words(verdict: Verdict) -> str:
    """Describe the p-value for a reader, with the p-value itself."""
    if verdict.changed == 0:
        return tr("Not one image changed sides, so there is nothing to test.")
    p = p_in_words(verdict.p_value)
    if verdict.p_value < 1e-9:
        return tr(
            "A difference this large practically never comes by chance (exact McNemar, {p}).", p=p
        )
    if verdict.p_value < 0.05:
        return tr(
            "A difference this large comes by chance about once in {times} times "
            "(exact McNemar, {p}).",
            times=round_figure(1 / verdict.p_value),
            p=p,
        )
    if verdict.p_value > 0.995:
        return tr(
            "Chance alone nearly always makes a difference at least this large "
            "(exact McNemar, {p}).",
            p=p,
        )
    return trn(
        "Chance alone makes a difference at least this large {count} time in 100 "
        "(exact McNemar, {p}).",
        "Chance alone makes a difference at least this large {count} times in 100 "
        "(exact McNemar, {p}).",
        round(100 * verdict.p_value),
        p=p,
    )


def difference_in_words(verdict: Verdict) -> str:
    """The difference in percentage points with its interval: "+3.2 points (+1.7 to +4.7)"."""
    gap = verdict.difference
    return tr(
        "{points} points ({low} to {high})",
        points=signed_points(gap.estimate),
        low=signed_points(gap.low),
        high=signed_points(gap.high),
    )


def reasons_in_words(verdict: Verdict) -> list[str]:
    """Explain why the result is inconclusive and what would change that; empty where it is
    conclusive."""
    if verdict.outcome is not Outcome.CANNOT_TELL:
        return []
    if verdict.changed == 0:
        return [tr("Both models give every image the same standing, right or wrong.")]
    reasons = [_few_changed(verdict), _what_would_tell(verdict)]
    return reasons if verdict.leaning else [reasons[0], _what_fits(verdict), reasons[1]]


def p_in_words(p_value: float) -> str:
    """`p = 0.000016`: two significant digits without an exponent; `p < 0.000000001` below that."""
    if p_value < 1e-9:
        return f"p < {number(1e-9, 9)}"
    if p_value > 0.995:
        return "p = 1"
    digits = max(2, 1 - math.floor(math.log10(p_value)))
    return f"p = {number(p_value, digits)}"


def round_figure(value: float) -> int:
    """Rounds a number of 1 or more to two significant digits: 66,236 is 66,000."""
    step = max(1, 10 ** (math.floor(math.log10(value)) - 1))
    return int(round(value / step) * step)


def signed_points(share: float) -> str:
    """A share as signed percentage points: 0.032 is "+3.2"; zero has no sign."""
    return number(100 * share, 1, signed=True)


def _judged(outcome: Outcome, subject: str) -> Words:
    """A clear outcome as a clause."""
    helped = outcome is Outcome.HELPED
    if subject == STEP:
        return tr("fine-tuning helped") if helped else tr("fine-tuning hurt")
    name = tr(subject)
    return tr("{subject} helped", subject=name) if helped else tr("{subject} hurt", subject=name)


def _few_changed(verdict: Verdict) -> str:
    if verdict.leaning:
        return _leaning(verdict)
    need = majority_needed(verdict.changed)
    if need is None:
        return trn(
            "Only {changed} of {count} test image changed sides. Fewer than 6 cannot show "
            "anything, even if all go the same way.",
            "Only {changed} of {count} test images changed sides. Fewer than 6 cannot show "
            "anything, even if all go the same way.",
            verdict.images,
            changed=verdict.changed,
        )
    return tr(
        "Only the {changed} images that changed sides say anything, and they went both ways: "
        "{need} of {changed} would have had to go the same way.",
        changed=verdict.changed,
        need=need,
    )


def _leaning(verdict: Verdict) -> str:
    most = max(verdict.fixed, verdict.broken)
    need = majority_needed(verdict.changed)
    if need is None:
        return tr(
            "It leans one way: {most} of the {changed} images that changed sides went the same "
            "way; fewer than 6 changed images are never enough. The interval just leaves out zero. "
            "The exact test is the stricter of the two and does not confirm it.",
            most=most,
            changed=verdict.changed,
        )
    return tr(
        "It leans one way: {most} of the {changed} images that changed sides went the same way; "
        "{need} would have been enough. The interval just leaves out zero. The exact test is the "
        "stricter of the two and does not confirm it.",
        most=most,
        changed=verdict.changed,
        need=need,
    )


def _what_fits(verdict: Verdict) -> str:
    return tr(
        "That is no proof of no effect: anything from {low} to {high} points fits these images.",
        low=signed_points(verdict.difference.low),
        high=signed_points(verdict.difference.high),
    )


def _what_would_tell(verdict: Verdict) -> str:
    need = images_needed(verdict.fixed / verdict.images, verdict.broken / verdict.images)
    if need is None:
        return tr(
            "It fixed as many as it broke; if the truth is that even, no number of images would "
            "show a difference."
        )
    return tr(
        "If the true difference is the {points} points seen here, about {need} test images, "
        "instead of {images}, would show it 8 times out of 10.",
        points=number(100 * abs(verdict.difference.estimate), 1),
        need=round_figure(need),
        images=verdict.images,
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
