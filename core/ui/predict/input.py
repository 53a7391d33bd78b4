"""Images to classify: uploaded files, or a picture from the camera."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.evaluation.answers import Answer, answer
from core.evaluation.classifier import Classifier
from core.language import tr
from core.runs import Run
from core.settings import Settings
from core.ui import session

_TYPES = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"]
_LARGEST_MB = 100


def uploaded_files() -> list[Any]:
    """Shows the uploader and, on request, the camera.

    Returns:
        The files, each with `name`, `file_id` and `getvalue()`.
    """
    files = st.file_uploader(
        tr("Images"),
        type=_TYPES,
        accept_multiple_files=True,
        max_upload_size=_LARGEST_MB,
        key="predict_files",
        help=tr("One or many. They stay in this session's memory and are not stored."),
    )
    found = list(files or [])
    # The browser asks for the camera as soon as it is drawn, so it is drawn only when wanted.
    if st.toggle(tr("Take a picture with the camera"), key="predict_camera_on"):
        camera = tr("Camera")
        picture = st.camera_input(camera, key="predict_camera", label_visibility="collapsed")
        found = [picture, *found] if picture is not None else found
    return found


def answers_to(
    files: list[Any], classifier: Classifier, run: Run, settings: Settings
) -> list[Answer]:
    """Classifies each file once a session and model; answers go with their files."""
    kept: dict[str, Answer] = session.cached("answers", run.id, dict)
    for gone in kept.keys() - {file.file_id for file in files}:
        del kept[gone]
    fresh = [file for file in files if file.file_id not in kept]
    if fresh:
        session.team().tasks.predict(run, len(fresh))
    bar = st.progress(0.0, text=tr("Classifying")) if len(fresh) > 20 else None
    for place, file in enumerate(fresh, start=1):
        kept[file.file_id] = answer(classifier, file.name, file.getvalue(), settings.max_pixels)
        if bar is not None:
            words = tr("Classifying {done} of {total}", done=place, total=len(fresh))
            bar.progress(place / len(fresh), text=words)
    if bar is not None:
        bar.empty()
    return [kept[file.file_id] for file in files]
