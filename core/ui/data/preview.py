"""Overview of a data set: counts, sizes, a few images of each class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import class_counts, image_sizes, mean_image
from core.datasets import Dataset
from core.datasets.balance import balance_sentence
from core.datasets.means import mean_images
from core.language import number, tr, trn
from core.ui.data.manifests import image_counts
from core.ui.data.thumbnails import show_strip
from core.ui.text import plain

PER_CLASS = 8
MAX_CLASSES = 12


def show_counts(dataset: Dataset) -> None:
    """Counts in one row."""
    counts = image_counts(dataset)
    values = {
        tr("Images"): sum(counts.values()),
        tr("Classes"): len(dataset.class_names),
        tr("Train"): counts["train"],
        tr("Validation"): counts["val"],
        tr("Test"): counts["test"],
    }
    for column, (title, value) in zip(st.columns(5), values.items(), strict=True):
        column.metric(title, number(value))


def show_overview(dataset: Dataset, manifest: pd.DataFrame) -> None:
    """Two charts, then a row of images for each class."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(tr("Images by class and split"), anchor=False)
        st.plotly_chart(
            class_counts.figure(manifest),
            key="counts",
            # Touch screens would show the bar always, over the legend.
            config={"displayModeBar": False},
            alt=tr("Images of each class by split"),
        )
        uneven = balance_sentence(manifest)
        if uneven:
            offer = tr("Head and Fine-tune offer weights that give rare classes the same say.")
            st.caption(f":material/balance: {plain(uneven)} {offer}")
    with right:
        st.subheader(tr("Image sizes"), anchor=False)
        st.plotly_chart(
            image_sizes.figure(manifest),
            key="sizes",
            config={"displayModeBar": False},
            alt=tr("Width against height of all images"),
        )
    _samples(dataset, manifest)
    if st.toggle(tr("Mean image of each class"), key="show_means"):
        names = dataset.class_names[:MAX_CLASSES]
        with st.spinner(tr("Averaging images")):
            means = _means(str(dataset.root), dataset.version, names, manifest)
        st.plotly_chart(
            mean_image.figure(means, names), key="means", alt=tr("The mean image of each class")
        )
        st.caption(tr("Of at most 100 training images each. What stands out, all of them share."))


@st.cache_data(max_entries=32, show_spinner=False)
def _means(
    root: str, version: str, names: tuple[str, ...], _manifest: pd.DataFrame
) -> np.ndarray[Any, Any]:
    del version  # part of the key only: another version has other training images
    return mean_images(Path(root), _manifest, names)


def _samples(dataset: Dataset, manifest: pd.DataFrame) -> None:
    st.subheader(tr("What they look like"), anchor=False)
    usable = manifest[manifest["usable"]]
    for name in dataset.class_names[:MAX_CLASSES]:
        rows = usable[usable["class_name"] == name].head(PER_CLASS)
        left, right = st.columns([1, PER_CLASS], vertical_alignment="center")
        left.markdown(f"**{plain(name)}**")
        show_strip(right, dataset, rows, PER_CLASS)
    rest = len(dataset.class_names) - MAX_CLASSES
    if rest > 0:
        st.caption(
            trn("{count} more class is not shown.", "{count} more classes are not shown.", rest)
        )
