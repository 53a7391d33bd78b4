"""Current data set and run of this session.

They stand in the URL, so that a reload or a colleague finds them again, and in the session, so that
they survive a change of page.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.datasets import Dataset
from core.errors import DatasetError, RunError, UnfreezeError
from core.runs import Run
from core.runs.groups import standalone
from core.ui.session.access import dataset_store, run_store


def current_dataset_id() -> str | None:
    """The data set that the URL or the session names, or the newest one.

    A link that names a run alone means the run's data set.
    """
    named = _dataset_of_linked_run() or _remembered("dataset")
    if named:
        return named
    datasets = dataset_store().list()
    return datasets[0].id if datasets else None


def current_dataset() -> Dataset | None:
    """The current data set; None where there is none, or it is gone."""
    dataset_id = current_dataset_id()
    try:
        return dataset_store().get(dataset_id) if dataset_id else None
    except DatasetError:
        return None


def set_current_dataset(dataset_id: str) -> None:
    """Makes a data set the current one; a run of another data set is no longer current."""
    if _remembered("dataset") != dataset_id:
        _forget("run")
    _remember("dataset", dataset_id)


def leave_dataset() -> None:
    """Makes neither a data set nor a run current: the newest data set comes next."""
    _forget("dataset")
    _forget("run")


def current_run_id() -> str | None:
    """The run that the URL or the session names."""
    return _remembered("run")


def set_current_run(run_id: str) -> None:
    """Makes a run the current one."""
    _remember("run", run_id)


def runs_of(dataset: Dataset, head: bool) -> list[Run]:
    """The data set's head runs, or its fine-tuning runs, the newest first.

    Members of a group stay out, but for the current run.
    """
    runs = standalone(run_store().list(), current_run_id() or "")
    return [run for run in runs if run.base.dataset_id == dataset.id and run.is_head == head]


def chosen_run(runs: Sequence[Run]) -> Run | None:
    """The current run where it is among `runs`, else the first of them, else None."""
    named = current_run_id()
    first = runs[0] if runs else None
    return next((run for run in runs if run.id == named), first)


def ended_since(runs: Sequence[Run]) -> list[Run]:
    """Runs that this session started or opened and that have ended since the last call.

    Args:
        runs: All runs as they are now.
    """
    watched: set[str] = st.session_state.get("watched_runs", set())
    ended = [run for run in runs if run.id in watched and not run.status.state.active]
    active = {run.id for run in runs if run.status.state.active}
    st.session_state["watched_runs"] = active & followed()
    return ended


def watch(run_id: str) -> None:
    """Watch a run's end for `ended_since`."""
    watched: set[str] = st.session_state.get("watched_runs", set())
    st.session_state["watched_runs"] = watched | {run_id}


def followed() -> set[str]:
    """Ids of the runs that this session started, opened, or has as the current one."""
    watched: set[str] = st.session_state.get("watched_runs", set())
    return watched | {current_run_id() or ""}


def hidden_link() -> UnfreezeError | None:
    """Reason why the thing in the URL is hidden: it is private. It is not current then."""
    look = {
        "run": run_store().hidden,
        "model": run_store().hidden,
        "dataset": dataset_store().hidden,
    }
    for name, hidden in look.items():
        reason = hidden(st.query_params.get(name) or "")
        if reason is not None:
            _forget(name)
            return reason
    return None


def show_in_url() -> None:
    """Writes what is current into the URL, after a change of page dropped it."""
    if _dataset_of_linked_run() is None:
        _leave_run_of_other_dataset()
    for name in ("dataset", "run"):
        value = _remembered(name)
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value


def _dataset_of_linked_run() -> str | None:
    run_id = st.query_params.get("run")
    if not run_id or st.query_params.get("dataset"):
        return None
    try:
        dataset_id = run_store().get(run_id).base.dataset_id
    except RunError:
        return None
    st.session_state["current_dataset"] = dataset_id
    return dataset_id


def _leave_run_of_other_dataset() -> None:
    """A link that names another data set alone: the session's run is not one of it."""
    linked = st.query_params.get("dataset")
    if linked and "run" not in st.query_params:
        before = st.session_state.get("current_dataset")
        if before is not None and before != linked:
            _forget("run")


def _remembered(name: str) -> str | None:
    value = st.query_params.get(name) or st.session_state.get(f"current_{name}")
    if value:
        st.session_state[f"current_{name}"] = value
    return value


def _remember(name: str, value: str) -> None:
    st.session_state[f"current_{name}"] = value
    st.query_params[name] = value


def _forget(name: str) -> None:
    st.session_state.pop(f"current_{name}", None)
    st.query_params.pop(name, None)
