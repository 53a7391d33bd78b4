"""Taking pictures straight into a class of the current data set."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.datasets.camera import takes_pictures
from core.language import mark, tr
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.data.labels_lock import may_not_change, say_why_not
from core.ui.text import plain

_WORDS = {"train": mark("Training"), "val": mark("Validation"), "test": mark("Test")}


def show_camera(dataset: Dataset | None) -> None:
    """The class, the camera, and the button that adds what it took."""
    if dataset is None:
        st.caption(tr("Bring in a data set first; then pictures can be added to its classes."))
        return
    if not takes_pictures(dataset):
        st.caption(
            tr(
                "{name} is a folder of yours, which is never written to. Put pictures into it "
                "yourself and bring it in again.",
                name=plain(dataset.name),
            )
        )
        return
    off = bool(may_not_change(dataset))
    left, right = st.columns([2, 3], gap="large")
    name = left.selectbox(
        tr("Class of {name}", name=plain(dataset.name)),
        dataset.class_names,
        key="camera_class",
        disabled=off,
    )
    split = left.segmented_control(
        tr("Use it for"),
        list(_WORDS),
        default="train",
        required=True,
        format_func=lambda value: tr(_WORDS[value]),
        key="camera_split",
        disabled=off,
    )
    # The browser asks for the camera as soon as it is drawn, so it is drawn only when wanted.
    wanted = left.toggle(tr("Use the camera"), key="camera_on", disabled=off)
    with left:
        say_why_not(dataset)
    if not wanted:
        return
    picture = right.camera_input(
        tr("Camera"), key="camera", label_visibility="collapsed", disabled=off
    )
    if picture is not None and act_button(
        tr("Add to {name}", name=plain(str(name))),
        key="camera_add",
        to=Action.EDIT_DATA,
        on=("dataset", dataset.id),
        place=left,
        type="primary",
    ):
        _add(dataset, picture.getvalue(), str(name), str(split))


def _add(dataset: Dataset, data: bytes, class_name: str, split: str) -> None:
    act(
        lambda: session.team().data.add_picture(dataset, data, class_name, split),
        lambda changed: st.toast(tr("Added to {name}.", name=plain(class_name))),
    )
