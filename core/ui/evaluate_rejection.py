"""The answer "none of these": choosing how sure the model must be."""

from __future__ import annotations

import streamlit as st

from core.evaluation.comparison import Comparison, model_name
from core.evaluation.predictions import probability_matrix, read_predictions
from core.evaluation.rejection import (
    Rejection,
    choose_threshold,
    effect_of,
    read_rejection,
    threshold_in_words,
)
from core.runs import Run
from core.ui import session
from core.ui.acts import do
from core.ui.text import plain

_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def none_of_these(comparison: Comparison) -> None:
    """Lets the user choose an error rate, shows what it does, and keeps it with the run."""
    run = comparison.after
    st.markdown(
        "How often may an answer be wrong? The model then says **none of these** where it is not "
        "sure enough. The threshold is chosen on the validation images; Predict uses it."
    )
    validation = read_predictions(run, "val")
    if validation.empty:
        st.caption("This run has no validation images to choose a threshold on.")
        return
    rate = st.select_slider(
        "Wanted share of wrong answers",
        _RATES,
        value=0.01,
        format_func=lambda value: f"{100 * value:g} %",
        key=f"error_rate_{run.id}",
    )
    labels = validation["label"].to_numpy()
    chosen = choose_threshold(labels, probability_matrix(validation), rate)
    if chosen is None:
        st.caption("Its surest answers on validation are already wrong more often than that.")
    else:
        _effect(comparison, chosen)
    _keep(run, chosen)


def _effect(comparison: Comparison, chosen: Rejection) -> None:
    matrix = probability_matrix(comparison.second)
    effect = effect_of(chosen.threshold, comparison.labels(), matrix)
    st.markdown(
        f"Answers from **{threshold_in_words(chosen.threshold)}** sure on. On validation that "
        f"answers {100 * chosen.answered:.0f} % of {chosen.images:,} images. On test it answers "
        f"**{100 * effect['answered']:.0f} %**, with {effect['wrong']:,.0f} wrong: "
        f"{100 * effect['error_rate']:.1f} % ({100 * effect['error_low']:.1f} to "
        f"{100 * effect['error_high']:.1f})."
    )


def _keep(run: Run, chosen: Rejection | None) -> None:
    kept = read_rejection(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Use it in Predict",
            icon=":material/check:",
            disabled=chosen is None or chosen == kept,
            key="keep_rejection",
        ):
            do(lambda: session.team().runs.keep_threshold(run, chosen))
        if kept is not None and st.button("Always answer", key="drop_rejection"):
            do(lambda: session.team().runs.keep_threshold(run, None))
    if kept is not None:
        st.caption(
            f"{plain(model_name(run))} now says none of these below "
            f"{threshold_in_words(kept.threshold)} (at most {100 * kept.error_rate:g} % wrong)."
        )
