"""Jobs on finished runs that wait or run, such as exports and heat maps, each with a way to stop
it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.evaluation.comparison import model_name
from core.jobs.job import Job
from core.jobs.listing import active_jobs
from core.language import tr
from core.runs import Run
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.job_view import job_words
from core.ui.refreshed import refreshed
from core.ui.text import plain

REFRESH_SECONDS = 2.0


def jobs() -> None:
    """Lists the jobs whose runs this user sees; nothing where there are none."""
    if _visible():
        st.markdown("**" + tr("Jobs") + "**")
        refreshed(_rows, REFRESH_SECONDS)()


def _visible() -> list[tuple[Job, Run]]:
    runs = {run.path: run for run in session.run_store().list()}
    found = active_jobs(session.settings().queue_dir)
    pairs = [(job, _run_of(job.folder, runs)) for job in found if job.active]
    return [(job, run) for job, run in pairs if run is not None]


def _run_of(folder: Path, runs: dict[Path, Run]) -> Run | None:
    return next((runs[path] for path in folder.parents if path in runs), None)


def _rows() -> None:
    visible = _visible()
    if not visible:
        st.rerun()
    for job, run in visible:
        _row(job, run)


def _row(job: Job, run: Run) -> None:
    place = job.folder.relative_to(run.path).as_posix()
    title = tr(
        "{job}: {model}, {dataset}",
        job=tr(job.kind.title),
        model=model_name(run),
        dataset=run.dataset_name or run.base.dataset_id,
    )
    action, run_id = session.team().tasks.action_of(job.folder)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{plain(title)}  \n{job_words(job)}")
        icon, key = ":material/stop_circle:", f"stop_{run_id}_{place}"
        if act_button(tr("Stop"), action, ("run", run_id), key=key, icon=icon):
            act(lambda: session.team().tasks.stop(job.folder))
