"""What a run leaves to take away: its model, and the script that trains it again."""

from __future__ import annotations

import streamlit as st

from core.export.script import hindrance, make_script
from core.runs import Run
from core.ui import session
from core.ui.take_away_formats import other_formats


def take_away(run: Run) -> None:
    """Buttons for what can be taken away; each is read or made when its button is pressed."""
    _model_files(run)
    _script(run)
    other_formats(run)


def _model_files(run: Run) -> None:
    name = f"{run.base.dataset_id}-{run.id}"
    with st.container(horizontal=True):
        st.download_button(
            f"Keras model ({_megabytes(run.model_path.stat().st_size)})",
            run.model_path.read_bytes,
            file_name=f"{name}.keras",
            mime="application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
            key="download_keras",
        )
        st.download_button(
            f"LiteRT model ({_megabytes(run.litert_path.stat().st_size)})",
            run.litert_path.read_bytes,
            file_name=f"{name}.tflite",
            mime="application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
            key="download_litert",
        )
    st.caption(
        "Both take RGB images with values from 0 to 255; what the backbone expects is part of the "
        "model."
    )


def _script(run: Run) -> None:
    reason = hindrance(run, session.dataset_store())
    st.download_button(
        "Keras script and notebook",
        lambda: make_script(run, session.run_store(), session.dataset_store()).zip_bytes(),
        file_name=f"{run.base.dataset_id}-{run.id}-script.zip",
        mime="application/zip",
        icon=":material/code:",
        on_click="ignore",
        disabled=reason is not None,
        help=None if reason is None else f"{reason.what} {reason.way_out}",
        key="download_script",
    )
    st.caption(
        "This run as one plain Keras script that needs nothing of this app, with its exact "
        "settings. Its last line compares what it gets with what the run got."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
