"""One test image large: both models' answers, and where they looked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from core.datasets import Dataset
from core.datasets.scanned import scanned_image
from core.errors import InvalidImageError
from core.evaluation.comparison import Comparison
from core.language import mark, tr
from core.ui.data.thumbnails import fitted
from core.ui.evaluate.heat import WHAT_IT_SHOWS, stored_heat
from core.ui.evaluate.heat_pictures import glowing
from core.ui.refreshed import in_dialog
from core.ui.text import percent, plain

SIDE = 640
_SIDES = ("before", "after")
# What heat is for, in the order of the stored maps.
_FOR = (mark("its answer"), mark("the true class"))

Row = Mapping[Any, Any]
Map = npt.NDArray[np.float32]


def show_large(comparison: Comparison, dataset: Dataset, row: Row) -> None:
    """Opens the image with both answers; with both heat maps where they are there.

    Args:
        comparison: The two runs.
        dataset: That the image belongs to.
        row: Its row of the comparison's `pairs`, with the image's `sha256` and `bytes`.
    """
    # Not a decorator: the title is told to whoever looks now.
    in_dialog(_large, tr("Test image"), "large")(comparison, dataset, row)


def _large(comparison: Comparison, dataset: Dataset, row: Row) -> None:
    image, heat = None, stored_heat(comparison)
    try:
        image = fitted(scanned_image(dataset.root, row), SIDE)
    except InvalidImageError as error:
        st.markdown(f":material/broken_image: {plain(error.what)} {error.way_out}")
    if image is not None and heat.has(row["path"]):
        maps = heat.before[row["path"]], heat.after[row["path"]]
        _with_heat(comparison, row, image, maps)
        return
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    if image is not None:
        left.image(image, width="stretch", alt=row["path"])
    with right:
        st.markdown(_truth(comparison, row))
        for place in range(2):
            _answer_bar(comparison, row, place)
        st.caption(plain(row["path"]))


def _with_heat(comparison: Comparison, row: Row, image: Image.Image, maps: tuple[Map, Map]) -> None:
    chosen = 0
    if any(row[side] != row["label"] for side in _SIDES):
        chosen = st.segmented_control(
            tr("What spoke for"),
            (0, 1),
            default=0,
            required=True,
            format_func=lambda place: tr(_FOR[place]),
            key=f"heat_for_{row['path']}",
        )
    columns = st.columns(3, gap="medium")
    with columns[0]:
        st.image(image, width="stretch", alt=row["path"])
        st.markdown(_truth(comparison, row))
        st.caption(plain(row["path"]))
    for place, column in enumerate(columns[1:]):
        with column:
            alt = tr("Where {name} looked", name=comparison.names[place])
            st.image(glowing(image, maps[place][chosen]), width="stretch", alt=alt)
            if not maps[place][chosen].any():
                st.caption(tr("Nothing in the image spoke for it."))
            _answer_bar(comparison, row, place)
    height, width = maps[1].shape[1:]
    fields = tr("These maps have {height} by {width} fields.", height=height, width=width)
    st.caption(f"{tr(WHAT_IT_SHOWS)} {fields}")


def _truth(comparison: Comparison, row: Row) -> str:
    return tr("Truly **{name}**", name=plain(comparison.class_names[row["label"]]))


def _answer_bar(comparison: Comparison, row: Row, place: int) -> None:
    side = _SIDES[place]
    sure = min(max(float(row[f"{side}_probability"]), 0.0), 1.0)
    words = f"{plain(comparison.names[place])}: **{answer(row, side, comparison.class_names)}**"
    st.progress(sure, text=words)
    if row[side] != row["label"]:
        true = percent(float(row[f"{side}_true"]), 0)
        st.caption(tr("true class: {probability}", probability=true))


def answer(row: Row, side: str, names: tuple[str, ...]) -> str:
    """A model's answer with its probability: "eight, 91 %".

    Args:
        row: A row of a comparison's `pairs`.
        side: `before` or `after`.
        names: Class names in the order of the labels.
    """
    return f"{plain(names[row[side]])}, {percent(float(row[f'{side}_probability']), 0)}"
