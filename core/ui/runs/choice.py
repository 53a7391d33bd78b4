"""Choosing one of several runs of the current data set."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.backbones.catalog import title_of
from core.config import FineTuneConfig
from core.language import tr
from core.runs import Run
from core.ui import session
from core.ui.steps import unfrozen_words
from core.ui.text import percent, told_apart


def choose_run(runs: Sequence[Run]) -> Run | None:
    """The current run, or the newest; with a select box where there are several.

    Args:
        runs: The newest first.

    Returns:
        The chosen run, which is the current one from then on; None where there is none.
    """
    current = session.chosen_run(runs)
    if current is None or len(runs) == 1:
        return current
    ids = [run.id for run in runs]
    chosen = st.selectbox(
        tr("Run"),
        ids,
        index=ids.index(current.id),
        format_func=run_labels(runs).__getitem__,
        # A new run, another current one or its end makes a new box that shows it as it is.
        key=f"run_{current.id}_{current.status.state}_{len(ids)}",
    )
    if chosen != current.id:
        session.set_current_run(chosen)
        st.rerun()
    return current


def choose_head(heads: Sequence[Run], fine_tuned: Run | None) -> Run:
    """The head run to start from: the current one, the one `fine_tuned` used, or the newest."""
    named = session.current_run_id()
    if fine_tuned is not None and isinstance(fine_tuned.config, FineTuneConfig):
        used = fine_tuned.config.head_run_id
    else:
        used = None
    ids = [run.id for run in heads]
    default = next((i for i in (named, used) if i in ids), ids[0])
    if len(heads) == 1:
        return heads[0]
    by_id = {run.id: run for run in heads}
    taken = session.settings_taken(heads[0].base.dataset_id, head=False)
    chosen = st.selectbox(
        tr("Start from head"),
        ids,
        index=ids.index(default),
        format_func=run_labels(heads).__getitem__,
        key=f"head_run_{len(ids)}{f'_{taken.id}' if taken else ''}",
    )
    return by_id[chosen]


def run_labels(runs: Sequence[Run]) -> dict[str, str]:
    """A line for each run by its id, all different."""
    return told_apart({run.id: run_label(run) for run in runs})


def run_label(run: Run) -> str:
    """A run in one line: backbone, what was unfrozen, how good, when."""
    title = title_of(run.base.backbone)
    what = unfrozen_words(run.config) if isinstance(run.config, FineTuneConfig) else tr("head")
    accuracy = run.status.results.get("val_accuracy")
    score: str = tr(str(run.status.state))
    if accuracy is not None:
        score = tr("{share} on validation", share=percent(accuracy))
    day = tr("{day}/{month}", day=run.id[6:8], month=run.id[4:6])
    return f"{title}, {what} · {score} · {day} {run.id[9:11]}:{run.id[11:13]}"
