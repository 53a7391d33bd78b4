"""The first card of the Evaluate page: the verdict in words and one picture."""

from __future__ import annotations

import re
from functools import partial

import streamlit as st

from core.charts import intervals
from core.evaluation.comparison import Comparison, leaks_in_words
from core.evaluation.verdict import Outcome, Verdict
from core.evaluation.wording import (
    chance_in_words,
    counts_in_words,
    difference_in_words,
    headline,
    reasons_in_words,
)
from core.language import mark, tr
from core.ui import session

_ICONS = {
    Outcome.HELPED: ":material/check_circle:",
    Outcome.HURT: ":material/cancel:",
    Outcome.CANNOT_TELL: ":material/help:",
}
_FEATURES_FIT = mark(
    "A common reason: the backbone learned from a million photographs and pictures of everyday "
    "things (ImageNet). Where yours show such things too, its frozen features may already fit, and "
    "fine-tuning has little to add. It tends to add more where images look unlike those, as "
    "handwriting does."
)


def verdict_card(comparison: Comparison, openings: str, seeds: str = "") -> None:
    """Shows the verdict.

    Args:
        comparison: The two runs.
        openings: What the number of looks at the test set means, in words.
        seeds: What training again with other seeds adds, in words.
    """
    verdict = comparison.verdict
    with st.container(border=True, key="verdict"):
        words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
        with words:
            st.subheader(_title(comparison), anchor=False)
            st.markdown(f"{_sentences(comparison)} {seeds}")
            reasons = _reasons(comparison)
            if reasons:
                st.markdown("\n".join(f"- {reason}" for reason in reasons))
            st.caption(" ".join([openings, leaks_in_words(comparison)]))
        with picture:
            _picture(comparison, verdict)


def _title(comparison: Comparison) -> str:
    words = headline(comparison.verdict, comparison.subject)
    return f"{_ICONS[comparison.verdict.outcome]} {words}"


def _sentences(comparison: Comparison) -> str:
    verdict = comparison.verdict
    counts = counts_in_words(verdict, comparison.subject)
    bold = re.sub(r"\d[\d,\u00a0]*(?<=\d)", lambda number: f"**{number[0]}**", counts)
    return f"{bold} {chance_in_words(verdict)}"


def _reasons(comparison: Comparison) -> list[str]:
    reasons = reasons_in_words(comparison.verdict)
    return [*reasons, tr(_FEATURES_FIT)] if reasons and comparison.is_step else reasons


def _picture(comparison: Comparison, verdict: Verdict) -> None:
    before, after = comparison.names
    draw = partial(intervals.figure, [(before, verdict.before), (after, verdict.after)])
    chart = session.cached("verdict_intervals", comparison.version, draw)
    st.plotly_chart(
        chart,
        width="stretch",
        key="verdict_intervals",
        config={"displayModeBar": False},
    )
    st.caption(
        tr(
            "Accuracy on the test images, each with its 95 % interval. Difference {difference}.",
            difference=difference_in_words(verdict),
        )
    )
