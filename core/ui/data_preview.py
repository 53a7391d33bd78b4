"""What a data set looks like: counts, images, sizes, and what is wrong."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from core.charts import class_counts, image_sizes
from core.datasets import Dataset
from core.datasets.decode import open_rgb
from core.datasets.health import ISSUES
from core.errors import InvalidImageError
from core.ui import session
from core.ui.text import plain

THUMBNAIL_SIDE = 128
PER_CLASS = 8
MAX_CLASSES = 12
MAX_ISSUE_IMAGES = 8


@st.cache_data(max_entries=32, show_spinner=False)
def manifest_of(dataset_id: str, version: str, workspace: str) -> pd.DataFrame:
    """A data set's manifest, read once for each version."""
    del workspace  # part of the key only: another workspace may have the same data set
    return session.dataset_store().get(dataset_id, version).manifest()


@st.cache_data(max_entries=4000, show_spinner=False)
def thumbnail(path: str, digest: str) -> bytes | None:
    """A small PNG of an image file, made once; None where it cannot be read."""
    del digest  # part of the key only: a changed file is another image
    try:
        image = open_rgb(Path(path))
    except InvalidImageError:
        return None
    # Tiny images are enlarged without blur, so that one sees their pixels.
    if max(image.size) < THUMBNAIL_SIDE:
        scale = THUMBNAIL_SIDE // max(image.size)
        size = (image.width * scale, image.height * scale)
        image = image.resize(size, Image.Resampling.NEAREST)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    square = Image.new("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE), (255, 255, 255))
    offset = ((THUMBNAIL_SIDE - image.width) // 2, (THUMBNAIL_SIDE - image.height) // 2)
    square.paste(image, offset)
    buffer = io.BytesIO()
    square.save(buffer, "PNG")
    return buffer.getvalue()


def show_summary(dataset: Dataset, manifest: pd.DataFrame) -> None:
    """Counts in one row, then the two charts."""
    usable = manifest[manifest["usable"]]
    counts = usable["split"].value_counts()
    columns = st.columns(5)
    columns[0].metric("Images", f"{len(usable):,}")
    columns[1].metric("Classes", len(dataset.class_names))
    for column, (split, title) in zip(
        columns[2:], (("train", "Train"), ("val", "Validation"), ("test", "Test")), strict=True
    ):
        column.metric(title, f"{int(counts.get(split, 0)):,}")
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Images by class and split", anchor=False)
        st.plotly_chart(
            class_counts.figure(manifest), key="counts", alt="Images of each class by split"
        )
    with right:
        st.subheader("Image sizes", anchor=False)
        st.plotly_chart(
            image_sizes.figure(manifest), key="sizes", alt="Width against height of all images"
        )


def show_samples(dataset: Dataset, manifest: pd.DataFrame) -> None:
    """A row of images for each class."""
    st.subheader("What they look like", anchor=False)
    usable = manifest[manifest["usable"]]
    for name in dataset.class_names[:MAX_CLASSES]:
        rows = usable[usable["class_name"] == name].head(PER_CLASS)
        columns = st.columns([1, *[1] * PER_CLASS], vertical_alignment="center")
        columns[0].markdown(f"**{plain(name)}**")
        for column, path, digest in zip(columns[1:], rows["path"], rows["sha256"], strict=False):
            _image(column, dataset, path, digest, f"{name}: {path}")
    rest = len(dataset.class_names) - MAX_CLASSES
    if rest > 0:
        st.caption(f"{rest} more classes are not shown.")


def show_issues(dataset: Dataset, manifest: pd.DataFrame) -> None:
    """What is wrong with which files, and what is done with them."""
    st.subheader("What is wrong", anchor=False)
    for note in dataset.notes:
        st.info(plain(note), icon=":material/info:")
    by_code = manifest.assign(code=manifest["issues"].str.split(";")).explode("code")
    found = by_code[by_code["code"].isin(list(ISSUES))]
    if found.empty:
        st.markdown(":material/check_circle: Every file is a whole image, and no two are the same.")
        return
    for code, issue in ISSUES.items():
        rows = found[found["code"] == code]
        if rows.empty:
            continue
        label = f"{len(rows):,} × {issue.title}: {issue.treatment}"
        icon = ":material/info:" if issue.usable else ":material/block:"
        with st.expander(label, icon=icon, expanded=not issue.usable):
            _issue_files(dataset, rows)


def _issue_files(dataset: Dataset, rows: pd.DataFrame) -> None:
    columns = st.columns(MAX_ISSUE_IMAGES)
    shown = rows[rows["usable"]].head(MAX_ISSUE_IMAGES)
    for column, path, digest in zip(columns, shown["path"], shown["sha256"], strict=False):
        _image(column, dataset, path, digest, path)
    names = "\n".join(rows["path"].head(200))
    st.code(names, language=None, height=min(200, 40 + 22 * len(rows)))


def _image(column: DeltaGenerator, dataset: Dataset, path: str, digest: str, words: str) -> None:
    data = thumbnail(str(dataset.root / path), digest)
    if data is not None:
        column.image(data, width="stretch", alt=words)
