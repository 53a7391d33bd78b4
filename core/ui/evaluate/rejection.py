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
from core.language import number, tr
from core.runs import Run
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.text import plain

_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def none_of_these(comparison: Comparison) -> None:
    """Let the user choose an error rate, show its effect, and save it with the run."""
    run = comparison.after
    st.markdown(
        tr(
            "How often may an answer be wrong? The model then says **none of these** where it is "
            "not sure enough. The threshold is chosen on the validation images; Predict uses it."
        )
    )
    validation = read_predictions(run, "val")
    if validation.empty:
        st.caption(tr("This run has no validation images to choose a threshold on."))
        return
    rate = st.select_slider(
        tr("Wanted share of wrong answers"),
        _RATES,
        value=0.01,
        format_func=_rate_in_words,
        key=f"error_rate_{run.id}",
    )
    labels = validation["label"].to_numpy()
    chosen = choose_threshold(labels, probability_matrix(validation), rate)
    if chosen is None:
        st.caption(tr("Its surest answers on validation are already wrong more often than that."))
    else:
        _effect(comparison, chosen)
    _keep(run, chosen)


def _effect(comparison: Comparison, chosen: Rejection) -> None:
    matrix = probability_matrix(comparison.second)
    effect = effect_of(chosen.threshold, comparison.labels(), matrix)
    st.markdown(
        tr(
            "Answers from **{threshold}** sure on. On validation that answers {answered} % of "
            "{images} images. On test it answers **{answered_on_test} %**, with {wrong} wrong: "
            "{rate} % ({low} to {high}).",
            threshold=threshold_in_words(chosen.threshold),
            answered=number(100 * chosen.answered),
            images=chosen.images,
            answered_on_test=number(100 * effect["answered"]),
            wrong=number(effect["wrong"]),
            rate=number(100 * effect["error_rate"], 1),
            low=number(100 * effect["error_low"], 1),
            high=number(100 * effect["error_high"], 1),
        )
    )


def _rate_in_words(rate: float) -> str:
    """A wanted error rate, with a decimal only where it has one: "0.1 %", "20 %"."""
    return f"{number(100 * rate, 0 if rate >= 0.01 else 1)} %"


def _keep(run: Run, chosen: Rejection | None) -> None:
    kept = read_rejection(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        if act_button(
            tr("Use it in Predict"),
            icon=":material/check:",
            disabled=chosen is None or chosen == kept,
            key="keep_rejection",
            to=Action.SET_THRESHOLD,
            on=("run", run.id),
        ):
            act(lambda: session.team().runs.keep_threshold(run, chosen))
        if kept is not None and act_button(
            tr("Always answer"), key="drop_rejection", to=Action.SET_THRESHOLD, on=("run", run.id)
        ):
            act(lambda: session.team().runs.keep_threshold(run, None))
    if kept is not None:
        st.caption(
            tr(
                "{name} now says none of these below {threshold} (at most {rate} wrong).",
                name=plain(model_name(run)),
                threshold=threshold_in_words(kept.threshold),
                rate=_rate_in_words(kept.error_rate),
            )
        )
