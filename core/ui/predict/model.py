"""Choosing the model that predicts."""

from __future__ import annotations

import streamlit as st

from core.evaluation.classifier import Classifier, load_classifier
from core.evaluation.recommendation import recommend, usable_runs
from core.language import tr
from core.runs import Run
from core.ui import session
from core.ui.cards import empty_state
from core.ui.evaluate.choice import run_titles
from core.ui.text import plain


def choose_model() -> Run | None:
    """Let the user choose a completed run's model.

    Returns:
        The run, or None where there is no model yet; the page has then said what to do.
    """
    runs = session.run_store()
    current, dataset_id = session.current_run_id() or "", session.current_dataset_id() or ""
    # A link that means one model names it so; `run` only says what was looked at last.
    named = st.query_params.get("model", "")
    usable = {run.id: run for run in usable_runs(runs, named or current)}
    advice = recommend(list(usable.values()), runs, session.dataset_store(), dataset_id, current)
    if advice is None:
        empty_state(
            tr("There is no finished model yet: train a head first."),
            "pages/2_Head.py",
            tr("Train a head"),
        )
        return None
    default = named if named in usable else advice.run.id
    chosen: str = st.selectbox(
        tr("Model"),
        list(usable),
        index=list(usable).index(default),
        format_func=run_titles(usable.values()).__getitem__,
        key=f"predict_model_{named}",
    )
    reason = plain(advice.reason)
    if chosen == advice.run.id:
        st.caption(tr("Suggested: {reason}", reason=reason))
    else:
        st.caption(tr("Suggested instead: {reason}", reason=reason))
    return usable[chosen]


def classifier_of(run: Run) -> Classifier:
    """The run's model, which all share and of which the session keeps a handle.

    `core.ui.predict.prepare.prepared` comes first.

    Raises:
        RunError: If it cannot be loaded.
    """
    made = run.litert_path.stat().st_mtime_ns if run.litert_path.exists() else 0
    path = str(run.path)
    return session.held("classifier", f"{path} {made}", lambda: _loaded(path, made, run))


# A loaded model takes more memory than its file has bytes, up to 100 MB.
@st.cache_resource(max_entries=4, show_spinner=False)
def _loaded(path: str, made: int, _run: Run) -> Classifier:
    del path, made  # the key
    return load_classifier(_run)
