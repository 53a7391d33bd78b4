"""A whole folder or a zip of images, classified into one CSV by a process of its own."""

from __future__ import annotations

from io import SEEK_END, BytesIO
from pathlib import Path

import streamlit as st

from core.datasets.folder import folders_in, is_text
from core.evaluation.batch_task import THE_ZIP
from core.jobs.state import JobState, JobStatus
from core.language import tr, trn
from core.runs import Run
from core.ui import session
from core.ui.job_view import job_view
from core.ui.text import plain


def many_images(run: Run) -> None:
    """Let the user choose a folder or zip, show the progress, and offer the CSV."""
    folder = run.path / "batch"
    with st.expander(tr("A whole folder or a zip"), icon=":material/folder:", key="predict_many"):
        source = _source()
        job = job_view(
            folder,
            f"batch_{run.id}",
            tr("Classify them all"),
            lambda: _start(run, source),
            disabled=source is None,
        )
        if job is not None and job.state is JobState.COMPLETED:
            _result(run, folder, job.status)


def _source() -> Path | BytesIO | None:
    """A folder under the workspace's `data/`, or an uploaded zip; None before there is one."""
    root = session.settings().data_dir
    folders = sorted(path.name for path in folders_in(root) if is_text(path.name))
    if folders:
        chosen = st.selectbox(
            tr("Folder"),
            folders,
            index=None,
            placeholder=tr("Choose a folder of the workspace"),
            key="batch_folder",
        )
        if chosen is not None:
            return root / chosen
    else:
        st.caption(
            tr("Put a folder of images into {folder}, or upload a zip.", folder=plain(str(root)))
        )
    uploaded: BytesIO | None = st.file_uploader(tr("Zip"), type=["zip"], key="batch_zip")
    return uploaded


def _start(run: Run, source: Path | BytesIO | None) -> None:
    tasks = session.team().tasks
    if isinstance(source, Path):
        tasks.batch_of_folder(run, source)
    elif source is not None:
        size = source.seek(0, SEEK_END)
        source.seek(0)
        tasks.batch_of_upload(run, source, size)


def _result(run: Run, folder: Path, status: JobStatus) -> None:
    found = status.results
    images, source = int(found.get("images", 0)), str(found.get("source", ""))
    if source == THE_ZIP:
        words = trn("**{count} image** of the zip", "**{count} images** of the zip", images)
    else:
        words = trn(
            "**{count} image** of {folder}",
            "**{count} images** of {folder}",
            images,
            folder=plain(source),
        )
    st.markdown(words)
    if found.get("broken"):
        st.warning(
            trn(
                "{count} image cannot be read; the CSV says why.",
                "{count} images cannot be read; the CSV says why.",
                found["broken"],
            ),
            icon=":material/broken_image:",
        )
    path = folder / "answers.csv"
    if path.is_file():
        st.download_button(
            tr("Answers as CSV"),
            path.read_bytes,
            file_name=f"{run.base.dataset_id}-all-answers.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
            key="download_batch",
        )
