"""Downloads of a run: its model, and the script that trains it again."""

from __future__ import annotations

import streamlit as st

from core.errors import UnfreezeError
from core.export.model_card import keras_file, model_card
from core.export.script import hindrance, make_script
from core.language import number, tr
from core.runs import Run
from core.ui import session
from core.ui.evaluate.take_away_formats import other_formats


def take_away(run: Run) -> None:
    """Buttons for what can be taken away; each is read or made when its button is pressed.

    The files themselves are in English, whoever asks for them: they travel.
    """
    _model_files(run)
    _papers(run)
    other_formats(run)


def _model_files(run: Run) -> None:
    with st.container(horizontal=True):
        st.download_button(
            tr("Keras model ({size})", size=_megabytes(run.model_path.stat().st_size)),
            lambda: keras_file(run, session.settings()),
            file_name=f"{_name(run)}.keras",
            mime="application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
            key="download_keras",
        )
        if run.litert_path.is_file():
            _litert(run)
    st.caption(
        tr(
            "Models take RGB images with values from 0 to 255; what the backbone expects is part "
            "of them."
        )
    )


def _litert(run: Run) -> None:
    st.download_button(
        tr("LiteRT model ({size})", size=_megabytes(run.litert_path.stat().st_size)),
        run.litert_path.read_bytes,
        file_name=f"{_name(run)}.tflite",
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        key="download_litert",
    )


def _papers(run: Run) -> None:
    """The script and the card, which both are made from the run's folder and its data set."""
    reason = hindrance(run, session.dataset_store())
    words = None if reason is None else f"{reason.what} {reason.way_out}"
    with st.container(horizontal=True):
        _script(run, words)
        _card(run)
    st.caption(
        tr(
            "The script is this run in plain Keras: it needs nothing of this app, and its last "
            "line compares what it gets with what the run got."
        )
    )


def _script(run: Run, reason: str | None) -> None:
    st.download_button(
        tr("Keras script and notebook"),
        lambda: make_script(run, session.run_store(), session.dataset_store()).zip_bytes(),
        file_name=f"{_name(run)}-script.zip",
        mime="application/zip",
        icon=":material/code:",
        on_click="ignore",
        disabled=reason is not None,
        help=reason,
        key="download_script",
    )


def _card(run: Run) -> None:
    try:
        session.dataset_store().get(run.base.dataset_id, run.base.dataset_version)
    except UnfreezeError:
        return  # without its data set there is nothing to say of it
    st.download_button(
        tr("Model card"),
        lambda: model_card(run, session.settings()),
        file_name=f"{_name(run)}-card.md",
        mime="text/markdown",
        icon=":material/article:",
        on_click="ignore",
        key="download_card",
    )


def _name(run: Run) -> str:
    return f"{run.base.dataset_id}-{run.id}"


def _megabytes(size: int) -> str:
    return tr("{size} MB", size=number(size / 1e6, 1))
