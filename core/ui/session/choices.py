"""Choices of this session: starting settings, hidden tips, kept values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import ReferenceType, ref

import streamlit as st

from core.config import RunConfig
from core.datasets import Dataset
from core.errors import RunError, UnfreezeError
from core.language import language
from core.runs import Run
from core.ui.cards import error_card
from core.ui.session.access import run_store, team
from core.ui.session.current import set_current_dataset, set_current_run, watch
from core.ui.session.stores import wake_queue

T = TypeVar("T")
# Begins the name of the cookie by which a browser remembers a hidden explanation.
TIP_COOKIE = "unfreeze_tip_"


def start_run(config: RunConfig, dataset: Dataset) -> Run:
    """Creates a run, hands it to the queue and makes it the current one.

    Where it may not, or the workspace cannot be written to, it says so, and the page ends there.
    """
    try:
        run = team().runs.start(config, dataset)
    except UnfreezeError as error:
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


def is_tip_hidden(name: str) -> bool:
    """Return True if a tip was hidden, in this session or in this browser before."""
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
    """Number of `count_up` calls with that name in this session."""
    value: int = st.session_state.get(f"count_{name}", 0)
    return value


def count_up(name: str) -> None:
    """Counts one more; for buttons that go on to the next of something."""
    st.session_state[f"count_{name}"] = count(name) + 1


def cached(key: str, version: str, make: Callable[[], T]) -> T:
    """Keeps one value a key in the session, made anew when `version` or the language changes."""
    version = f"{language()} {version}"
    slot: tuple[str, Any] | None = st.session_state.get(f"cached_{key}")
    if slot is None or slot[0] != version:
        slot = (version, make())
        st.session_state[f"cached_{key}"] = slot
    value: T = slot[1]
    return value


def held(key: str, version: str, find: Callable[[], T]) -> T:
    """Return what all sessions share, by the handle that this session keeps of it.

    The handle is weak: the server lets go what was not asked for lately, as if no session held it.

    Args:
        key: Names the handle; one a key is kept.
        version: The handle is for this version; `find` is asked where it changes.
        find: Finds what all share, or makes it; also asked where the server has let it go.
    """
    slot: tuple[str, ReferenceType[T]] | None = st.session_state.get(f"held_{key}")
    thing = slot[1]() if slot is not None and slot[0] == version else None
    if thing is None:
        thing = find()
        st.session_state[f"held_{key}"] = (version, ref(thing))
    return thing
