"""Choosing a data set on the Data page: a sample, a zip, a folder, or one that is there."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
import streamlit as st
from PIL import ImageOps

from core.datasets import Dataset
from core.datasets.bundled import BUNDLED, glimpse
from core.datasets.folder import folders_in, is_text
from core.datasets.importing import (
    arrangement,
    arrangement_of_archive,
)
from core.errors import UnfreezeError
from core.language import tr
from core.server import SERVER
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act_button
from core.ui.data.bring_in import Progress, bring_in, show_example, show_failure, show_layout
from core.ui.data.camera import show_camera
from core.ui.data.download import show_downloads
from core.ui.data.thumbnails import enlarged
from core.ui.text import plain, told_apart

_GLIMPSES = 8
_GLIMPSE_SIDE = 44


def choose_dataset(current: Dataset | None) -> None:
    """The ways to bring a data set in, side by side.

    Args:
        current: The data set that the camera adds to.
    """
    samples, zipped, folder, download, camera = st.tabs(
        [
            tr("Samples"),
            tr("Upload a zip"),
            tr("Folder on this machine"),
            tr("Download"),
            tr("Camera"),
        ]
    )
    with samples:
        _samples()
    with zipped:
        _upload()
    with folder:
        _folder()
    with download:
        show_downloads()
    with camera:
        show_camera(current)


def switch_dataset(current: Dataset | None) -> None:
    """A select box over what is in the workspace already.

    Args:
        current: The one that is shown; None where it is gone, or there is none at all.
    """
    datasets = session.dataset_store().list()
    here = current.id if current else None
    names = told_apart({dataset.id: dataset.name for dataset in datasets})
    if not set(names) - {here}:
        return
    chosen = st.selectbox(
        tr("Data set"),
        list(names),
        index=list(names).index(here) if here in names else None,
        placeholder=tr("Choose one"),
        format_func=lambda dataset_id: names[dataset_id],
        key=f"dataset_{here}_{len(datasets)}",
    )
    if chosen not in (None, here):
        session.set_current_dataset(chosen)
        st.rerun()


def _samples() -> None:
    for column, sample in zip(st.columns(len(BUNDLED)), BUNDLED, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{tr(sample.title)}**")
            st.image(_glimpse(sample.key), width=_GLIMPSE_SIDE)
            st.caption(tr(sample.sentence))
            if act_button(tr("Use it"), key=f"use_{sample.key}", to=Action.IMPORT_DATA):
                bring_in(partial(session.team().data.import_bundled, sample.key))


@st.cache_data(show_spinner=False)
def _glimpse(key: str) -> list[np.ndarray[Any, Any]]:
    """A strip of the sample's images, each a small square."""
    side = (2 * _GLIMPSE_SIDE, 2 * _GLIMPSE_SIDE)
    images = [enlarged(image, 2 * _GLIMPSE_SIDE) for image in glimpse(key, _GLIMPSES)]
    return [np.asarray(ImageOps.pad(i.convert("RGB"), side, color="white")) for i in images]


def _upload() -> None:
    uploaded = st.file_uploader(
        tr("A zip or tar of images"),
        type=["zip", "tar", "tgz", "gz"],
        key=f"zip{session.count('zip') or ''}",  # empty again once one was brought in
    )
    if uploaded is None:
        st.caption(tr("Any of these arrangements, with any names for the classes:"))
        show_example()
        return
    try:
        read = partial(arrangement_of_archive, uploaded, uploaded.name, session.settings())
        layout = session.cached("layout", uploaded.file_id, read)
    except UnfreezeError as error:
        show_failure(error)
        return
    show_layout(layout)
    if not act_button(tr("Bring it in"), key="import_zip", to=Action.IMPORT_DATA, type="primary"):
        return
    bring_in(partial(_import_uploaded, uploaded, uploaded.name, uploaded.file_id))


def _import_uploaded(uploaded: BytesIO, name: str, file_id: str, progress: Progress) -> Dataset:
    # Not `getbuffer`, which copies what is gigabytes, and keeps the copy.
    data = memoryview(uploaded.getvalue())
    dataset = session.team().data.import_upload(name, data, progress)
    SERVER.release_upload(file_id)  # it is on disk, and nobody asks for it again
    session.count_up("zip")
    return dataset


def _folder() -> None:
    root = session.settings().data_dir
    folders = sorted(path.name for path in folders_in(root) if is_text(path.name))
    if not folders:
        st.caption(
            tr("Put a folder of images into {folder}; it appears here.", folder=plain(str(root)))
        )
        return
    # None at first: a look into a large folder takes a second, whoever opens the page.
    name = st.selectbox(
        tr("Folder"), folders, index=None, placeholder=tr("Choose one"), key="folder"
    )
    if name is None:
        return
    folder = root / name
    try:
        version = f"{name} {folder.stat().st_mtime_ns}"
        layout = session.cached("folder", version, partial(arrangement, folder))
    except UnfreezeError as error:
        show_failure(error)
        return
    show_layout(layout)
    st.caption(tr("Its images stay where they are; nothing in it is changed."))
    if act_button(tr("Bring it in"), key="import_folder", to=Action.IMPORT_DATA, type="primary"):
        bring_in(partial(session.team().data.import_folder, folder))
