"""Explanation of the verdict, with the article's numbers as the example."""

from __future__ import annotations

import streamlit as st

from core.evaluation.verdict import judge
from core.evaluation.wording import chance_in_words, difference_in_words, headline
from core.language import tr
from core.ui.text import percent

# The article's test: 3,750 images, 97.31 % right with the head and 97.65 % after fine-tuning.
_IMAGES, _BEFORE, _AFTER = 3750, 3649, 3662
# It does not say how many images changed sides; only their difference, 13, is known.
_BROKEN = (0, 20, 60)


def how_it_works() -> None:
    """A popover with the method and a worked example."""
    with st.popover(tr("How this is worked out"), icon=":material/help:"):
        st.markdown(
            tr(
                "Both models answer the same test images. Images that both have right, or both "
                "wrong, say nothing about the difference; only those that **changed sides** do. If "
                "fine-tuning made no difference, each of them would be fixed or broken as a coin "
                "falls. The exact McNemar test says how often a coin is at least that one-sided; "
                "below 5 in 100 it counts as more than luck. The interval of the difference is "
                "Newcombe's for paired answers, those of the accuracies are Wilson's."
            )
        )
        st.markdown(
            tr(
                "**An example.** The article that this app follows reports {before} with the head "
                "and {after} after fine-tuning, on {images} test images. That is {more} images "
                "more. Is it luck? It depends on how many changed sides, which two accuracies "
                "alone cannot tell:",
                before=_percent(_BEFORE),
                after=_percent(_AFTER),
                images=_IMAGES,
                more=_AFTER - _BEFORE,
            )
        )
        st.markdown("\n".join(f"- {line}" for line in example_lines()))


def example_lines() -> list[str]:
    """The verdict on the article's accuracies, for some numbers of broken images."""
    lines: list[str] = []
    for broken in _BROKEN:
        fixed = _AFTER - _BEFORE + broken
        verdict = judge(_BEFORE - broken, fixed, broken, _IMAGES - _BEFORE - fixed)
        lines.append(
            tr(
                "{fixed} fixed, {broken} broken: **{outcome}**. {chance} Difference {difference}.",
                fixed=fixed,
                broken=broken,
                outcome=headline(verdict).lower(),
                chance=chance_in_words(verdict),
                difference=difference_in_words(verdict),
            )
        )
    return lines


def _percent(right: int) -> str:
    return percent(right / _IMAGES, 2)
