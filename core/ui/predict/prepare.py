"""A run's LiteRT model, made when it is needed, and early where it soon will be."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core.errors import UnfreezeError
from core.jobs.job import read_job
from core.jobs.state import JobState
from core.language import tr
from core.runs import Run, litert
from core.ui import session
from core.ui.acts import act
from core.ui.job_view import job_view


def prepared(run: Run) -> bool:
    """Return True if the run can predict now; otherwise prepare its model and show the progress."""
    folder = litert.folder(run.path)
    job = read_job(folder)  # before the file: a job that is completed has left it
    if run.litert_path.is_file():
        return True

    def ask() -> None:
        session.team().tasks.prepare(run)

    if job is None or job.state is JobState.COMPLETED:
        act(ask, queues=True)
        return False
    if job.active:
        with st.container(border=True):
            st.markdown(tr("**Preparing this model to predict.** About ten seconds, once."))
            job_view(folder, f"litert_{run.id}", "", ask)
    else:
        stopped = tr("Preparing this model was stopped.")
        job_view(folder, f"litert_{run.id}", tr("Prepare this model"), ask, stopped=stopped)
    return False


def prepare_early(run: Run) -> None:
    """Begins while a person still looks at the verdict; not where something is being trained."""
    if run.litert_path.exists():
        return
    if not session.going_on():
        with suppress(UnfreezeError):  # Predict asks again, and says why it cannot
            session.team().tasks.prepare_early(run)
