"""A task on a finished run, as pages show it: its button, its progress, its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.errors import UnfreezeError, told_error
from core.jobs.tasks import Task, TaskState, read_task
from core.language import mark, retold, tr
from core.ui import session
from core.ui.acts import act_button, do
from core.ui.cards import error_card
from core.ui.refreshed import refreshed
from core.ui.text import plain

REFRESH_SECONDS = 1.0


def task_view(
    folder: Path,
    key: str,
    label: str,
    start: Callable[[], None],
    help: str = "",
    disabled: bool = False,
    stopped: str = "",
) -> Task:
    """Shows a task's progress while it runs, and else the button that starts it.

    Args:
        folder: The task's folder.
        key: Start of the widgets' keys.
        label: What the button says.
        start: Called when it is pressed; calls `start_task`.
        help: What the button does, in a sentence.
        disabled: Whether something is missing first.
        stopped: What a stop has left; "Stopped." where nothing is said.

    Returns:
        The task as it is now; one full rerun follows its end.
    """
    task = read_task(folder)
    action, run_id = session.team().tasks.action_of(folder)
    if not task.running and act_button(
        label, action, ("run", run_id), key=f"{key}_start", help=help or None, disabled=disabled
    ):
        begin(start)
    if task.running:
        refreshed(_progress, REFRESH_SECONDS)(folder, key)
    elif task.state is TaskState.FAILED:
        _failure(task)
    elif task.state is TaskState.STOPPED:
        st.caption(stopped or tr("Stopped."))
    return task


def begin(start: Callable[[], None]) -> None:
    """Starts a task and shows the page anew, or a card that says why it cannot be started."""
    try:
        start()
    except UnfreezeError as error:
        error_card(error)
    else:
        st.rerun()


def _progress(folder: Path, key: str) -> None:
    task = read_task(folder)
    if not task.running:
        st.rerun()
    words = plain(retold(task.told, tr(task.words)))
    if task.total:
        words = tr("{what}: {done} of {total}", what=words, done=task.done, total=task.total)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(task.done / task.total, 1.0) if task.total else 0.0, text=words)
        if st.button(tr("Stop"), key=f"{key}_stop", icon=":material/stop_circle:"):
            do(lambda: session.team().tasks.stop(folder))


def _failure(task: Task) -> None:
    error = task.error or {}
    error_card(UnfreezeError(*told_error(error, mark("This failed."))))
    if error.get("details"):
        with st.expander(tr("Details")):
            st.code(error["details"], language=None)
