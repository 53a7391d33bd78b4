"""Choosing a data set on the Data page: a sample, a zip, a folder, or one that is there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import ImageOps

from core.datasets import Dataset
from core.datasets.bundled import BUNDLED, glimpse, load_bundled
from core.datasets.importing import import_folder, import_zip
from core.errors import UnfreezeError
from core.ui import session
from core.ui.cards import error_card
from core.ui.data_thumbnails import enlarged
from core.ui.text import plain

Progress = Callable[[int, int], None]
_GLIMPSES = 8
_GLIMPSE_SIDE = 44


def choose_dataset() -> None:
    """The ways to bring a data set in, side by side."""
    samples, zipped, folder = st.tabs(["Samples", "Upload a zip", "Folder on this machine"])
    with samples:
        _samples()
    with zipped:
        _upload()
    with folder:
        _folder()


def switch_dataset(current: Dataset | None) -> None:
    """A select box over what is in the workspace already."""
    datasets = session.dataset_store().list()
    if current is None or len(datasets) < 2:
        return
    by_id = {dataset.id: dataset for dataset in datasets}
    chosen = st.selectbox(
        "Data set",
        list(by_id),
        index=list(by_id).index(current.id),
        format_func=lambda dataset_id: by_id[dataset_id].name,
        key=f"dataset_{current.id}_{len(datasets)}",
    )
    if chosen != current.id:
        session.set_current_dataset(chosen)
        st.rerun()


def _samples() -> None:
    for column, sample in zip(st.columns(len(BUNDLED)), BUNDLED, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{sample.title}**")
            st.image(_glimpse(sample.key), width=_GLIMPSE_SIDE)
            st.caption(sample.sentence)
            if st.button("Use it", key=f"use_{sample.key}"):
                _bring_in(partial(load_bundled, sample.key, session.settings()))


@st.cache_data(show_spinner=False)
def _glimpse(key: str) -> list[np.ndarray[Any, Any]]:
    """A strip of the sample's images, each a small square."""
    side = (2 * _GLIMPSE_SIDE, 2 * _GLIMPSE_SIDE)
    images = [enlarged(image, 2 * _GLIMPSE_SIDE) for image in glimpse(key, _GLIMPSES)]
    return [np.asarray(ImageOps.pad(i.convert("RGB"), side, color="white")) for i in images]


def _upload() -> None:
    uploaded = st.file_uploader(
        "A zip with a folder for each class, with or without train, val and test",
        type="zip",
        key="zip",
    )
    if uploaded is None:
        st.caption("For example train/cat/1.jpg, val/cat/2.jpg, test/cat/3.jpg, or cat/1.jpg.")
        return
    if not st.button("Bring it in", key="import_zip", type="primary"):
        return
    name = Path(uploaded.name).stem
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(uploaded.name).name
        path.write_bytes(uploaded.getbuffer())
        _bring_in(partial(import_zip, path, name, session.settings()))


def _folder() -> None:
    root = session.settings().data_dir
    folders = sorted(p.name for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
    if not folders:
        st.caption(f"Put a folder of images into {plain(str(root))}; it appears here.")
        return
    name = st.selectbox("Folder", folders, key="folder")
    st.caption("Its images stay where they are; nothing in it is changed.")
    if st.button("Bring it in", key="import_folder", type="primary"):
        _bring_in(partial(import_folder, root / name, session.settings()))


def _bring_in(make: Callable[[Progress], Dataset]) -> None:
    bar = st.progress(0.0, text="Reading images")

    def report(done: int, total: int) -> None:
        if done % 50 == 0 or done == total:
            bar.progress(done / max(1, total), text=f"Reading images: {done:,} of {total:,}")

    try:
        dataset = make(report)
    except UnfreezeError as error:
        bar.empty()
        error_card(error)
        return
    session.set_current_dataset(dataset.id)
    st.rerun()
