"""Next steps after a verdict."""

from __future__ import annotations

import streamlit as st

from core.evaluation.comparison import Comparison
from core.evaluation.verdict import Outcome
from core.language import tr


def next_steps(comparison: Comparison) -> None:
    """Links to what makes sense after this verdict."""
    helped = comparison.verdict.outcome is Outcome.HELPED
    with st.container(horizontal=True):
        st.page_link(
            "pages/5_Predict.py",
            label=tr("Use the fine-tuned model") if helped else tr("Use a model"),
            icon=":material/center_focus_strong:",
            query_params={"model": comparison.after.id} if helped else None,
        )
        st.page_link(
            "pages/3_Fine_tune.py",
            label=tr("Fine-tune from another block"),
            icon=":material/local_fire_department:",
        )
