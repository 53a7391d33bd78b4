"""A job on a finished run, as pages show it: its button, its progress, its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.jobs.job import Job, read_job
from core.jobs.state import JobState
from core.language import retold, tr
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.cards import failure_card
from core.ui.refreshed import refreshed
from core.ui.text import plain

REFRESH_SECONDS = 1.0


def job_view(
    folder: Path,
    key: str,
    label: str,
    start: Callable[[], None],
    help: str = "",
    disabled: bool = False,
    stopped: str = "",
) -> Job | None:
    """Show a job's progress while it runs, and else the button that starts it.

    Args:
        folder: The job's folder.
        key: Start of the widgets' keys.
        label: What the button says.
        start: Called when it is pressed; asks for the job.
        help: What the button does, in a sentence.
        disabled: Whether something is missing first.
        stopped: What a stop has left; "Stopped." where nothing is said.

    Returns:
        The job as it is now; None where nobody has asked for it. One full rerun follows its end.
    """
    job = read_job(folder)
    is_active = job is not None and job.active
    action, run_id = session.team().tasks.action_of(folder)
    if not is_active and act_button(
        label, action, ("run", run_id), key=f"{key}_start", help=help or None, disabled=disabled
    ):
        act(start, queues=True)
    if is_active:
        refreshed(_progress, REFRESH_SECONDS)(folder, key)
    elif job is not None and job.state is JobState.FAILED:
        failure_card(job.status)
    elif job is not None and job.state is JobState.STOPPED:
        st.caption(stopped or tr("Stopped."))
    return job


def _progress(folder: Path, key: str) -> None:
    job = read_job(folder)
    if job is None or not job.active:
        st.rerun()
    status = job.status
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(
            min(status.done / status.total, 1.0) if status.total else 0.0, text=job_words(job)
        )
        if st.button(tr("Stop"), key=f"{key}_stop", icon=":material/stop_circle:"):
            act(lambda: session.team().tasks.stop(folder))


def job_words(job: Job) -> str:
    """What a job does now and how far it is, in Markdown."""
    status = job.status
    if job.state is JobState.QUEUED:
        return tr("Waiting in the queue")
    words = plain(retold(status.told, tr(status.words)) if status.words else tr("Starting"))
    if status.total:
        return tr("{what}: {done} of {total}", what=words, done=status.done, total=status.total)
    return words
