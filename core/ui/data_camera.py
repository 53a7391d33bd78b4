"""Taking pictures straight into a class of the current data set."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.datasets.camera import takes_pictures
from core.errors import UnfreezeError
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act_button
from core.ui.cards import error_card
from core.ui.text import plain

_WORDS = {"train": "Training", "val": "Validation", "test": "Test"}


def show_camera(dataset: Dataset | None) -> None:
    """The class, the camera, and the button that adds what it took."""
    if dataset is None:
        st.caption("Bring in a data set first; then pictures can be added to its classes.")
        return
    if not takes_pictures(dataset):
        st.caption(
            f"{plain(dataset.name)} is a folder of yours, which is never written to. Put pictures "
            "into it yourself and bring it in again."
        )
        return
    left, right = st.columns([2, 3], gap="large")
    name = left.selectbox(
        f"Class of {plain(dataset.name)}", dataset.class_names, key="camera_class"
    )
    split = left.segmented_control(
        "Use it for",
        list(_WORDS),
        default="train",
        required=True,
        format_func=lambda value: _WORDS[value],
        key="camera_split",
    )
    # The browser asks for the camera as soon as it is drawn, so it is drawn only when wanted.
    if not left.toggle("Use the camera", key="camera_on"):
        return
    picture = right.camera_input("Camera", key="camera", label_visibility="collapsed")
    if picture is not None and act_button(
        f"Add to {plain(str(name))}",
        key="camera_add",
        to=Action.EDIT_DATA,
        on=("dataset", dataset.id),
        place=left,
        type="primary",
    ):
        _add(dataset, picture.getvalue(), str(name), str(split))


def _add(dataset: Dataset, data: bytes, class_name: str, split: str) -> None:
    try:
        session.team().data.add_picture(dataset, data, class_name, split)
    except UnfreezeError as error:
        error_card(error)
        return
    st.toast(f"Added to {plain(class_name)}.")
    st.rerun()
