"""The only place that touches `st.session_state` beyond widget keys, and the URL's parameters.

What a person looks at (data set, run) stands in the URL, so that a reload or a colleague finds it
again, and in the session, so that it survives a change of page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from core.config import RunConfig
from core.datasets import Dataset, DatasetStore
from core.errors import DatasetError, RunError
from core.runs import Run, RunStore
from core.runs.dispatcher import Dispatcher
from core.runs.groups import standalone
from core.runs.metrics_log import MetricsView
from core.settings import Settings
from core.ui.cards import error_card

T = TypeVar("T")
# Begins the name of the cookie by which a browser remembers a hidden explanation.
TIP_COOKIE = "unfreeze_tip_"


def settings() -> Settings:
    """The installation's settings."""
    return Settings.from_environment()


def run_store() -> RunStore:
    """The workspace's runs."""
    return RunStore(settings().runs_dir)


def dataset_store() -> DatasetStore:
    """The workspace's data sets."""
    return DatasetStore(settings().datasets_dir)


def dispatcher() -> Dispatcher | None:
    """The server's one dispatcher, started at the first call; None where the queue is off."""
    current = settings()
    return _dispatcher(current) if current.queue else None


@st.cache_resource(show_spinner=False)
def _dispatcher(_settings: Settings) -> Dispatcher:
    started = Dispatcher(_settings)
    started.start()
    return started


def start_run(config: RunConfig, dataset: Dataset) -> Run:
    """Creates a run, hands it to the queue and makes it the current one.

    Where the workspace cannot be written to it says so, and the page ends there.
    """
    try:
        run = run_store().create(config, dataset.name, user_name())
    except RunError as error:
        error_card(error)
        st.stop()
    wake_queue()
    set_current_run(run.id)
    watch(run.id)
    return run


def take_settings(run: Run) -> None:
    """Makes the forms begin with a run's settings, on its data set."""
    set_current_dataset(run.base.dataset_id)
    set_current_run(run.id)
    st.session_state["settings_of"] = run.id


def settings_taken(dataset_id: str, head: bool) -> Run | None:
    """The run whose settings a form begins with; None for what is suggested."""
    run_id = st.session_state.get("settings_of")
    try:
        run = run_store().get(run_id) if run_id else None
    except RunError:
        return None  # deleted since
    fits = run is not None and run.base.dataset_id == dataset_id and run.is_head == head
    return run if fits else None


def leave_settings() -> None:
    """Makes the forms begin with what is suggested again."""
    st.session_state.pop("settings_of", None)


def wake_queue() -> None:
    """Tells the queue that there is something to do."""
    queue = dispatcher()
    if queue is not None:
        queue.wake()


def user_name() -> str:
    """Who is signed in, where the installation asks for that; else ""."""
    return str(st.user.get("name") or st.user.get("email") or "")


def metrics_view(run: Run) -> MetricsView:
    """The run's metrics, read piece by piece for all that look at it."""
    return _metrics_view(str(run.metrics_path))


@st.cache_resource(show_spinner=False, max_entries=200)
def _metrics_view(path: str) -> MetricsView:
    return MetricsView(Path(path))


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
    """Lets `ended_since` tell of the run's end."""
    watched: set[str] = st.session_state.get("watched_runs", set())
    st.session_state["watched_runs"] = watched | {run_id}


def followed() -> set[str]:
    """Ids of the runs that this session started, opened, or has as the current one."""
    watched: set[str] = st.session_state.get("watched_runs", set())
    return watched | {current_run_id() or ""}


def show_in_url() -> None:
    """Writes what is current into the URL, after a change of page dropped it."""
    if _dataset_of_linked_run() is None:
        _leave_run_of_other_dataset()
    for name in ("dataset", "run"):
        value = _remembered(name)
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value


def is_tip_hidden(name: str) -> bool:
    """Whether an explanation was hidden, in this session or in this browser before."""
    remembered = st.context.cookies.get(f"{TIP_COOKIE}{name}") == "hidden"
    return tip_choices().get(name, remembered)


def hide_tip(name: str, hidden: bool = True) -> None:
    """Hides an explanation, or brings it back."""
    st.session_state["tips"] = {**tip_choices(), name: hidden}


def tip_choices() -> dict[str, bool]:
    """Explanations that this session hid (True) or brought back, by name."""
    choices: dict[str, bool] = st.session_state.get("tips", {})
    return choices


def count(name: str) -> int:
    """How often `count_up` was called with that name in this session."""
    value: int = st.session_state.get(f"count_{name}", 0)
    return value


def count_up(name: str) -> None:
    """Counts one more; for buttons that go on to the next of something."""
    st.session_state[f"count_{name}"] = count(name) + 1


def cached(key: str, version: str, make: Callable[[], T]) -> T:
    """Keeps one value a key in the session, made anew when `version` changes."""
    slot: tuple[str, Any] | None = st.session_state.get(f"cached_{key}")
    if slot is None or slot[0] != version:
        slot = (version, make())
        st.session_state[f"cached_{key}"] = slot
    value: T = slot[1]
    return value


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
