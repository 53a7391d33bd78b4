"""Images behind a number: small cards with both models' answers, and one image large."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from PIL import Image

from core.datasets import Dataset
from core.datasets.decode import open_rgb
from core.errors import InvalidImageError
from core.evaluation.comparison import Comparison
from core.ui.text import plain

# One row of `Comparison.pairs`.
Row = Mapping[Any, Any]

SIDE = 116
SIDE_LARGE = 512
SHOWN = 24
# Answers are buttons, so that they can be pressed, and captions, so they must look like those.
_CSS = """<style>
[class*="st-key-gallery_"] button {
  min-height: 0; padding-block: 0.1rem; justify-content: flex-start; text-align: left;
}
[class*="st-key-gallery_"] button p { font-size: 0.875rem; }
</style>"""


def gallery(comparison: Comparison, rows: pd.DataFrame, key: str) -> None:
    """Shows a card for each image, more of them on request.

    Args:
        comparison: The two runs that the images belong to.
        rows: Rows of its `pairs`, in the order to show.
        key: Tells this gallery's widgets from others'.
    """
    if comparison.dataset is None:
        st.caption("The data set was deleted, so its images cannot be shown.")
        return
    st.html(_CSS)
    pictures = st.container(horizontal=True, gap="small", key=f"gallery_{key}")
    shown = _shown(len(rows), key)
    with pictures:
        for place, row in enumerate(rows.head(shown).to_dict("records")):
            _card(comparison, comparison.dataset, row, f"{key}_{place}")


def _shown(images: int, key: str) -> int:
    if images <= SHOWN:
        return images
    steps = sorted({SHOWN, min(4 * SHOWN, images), min(16 * SHOWN, images)})
    shown: int = st.select_slider("Images shown", steps, key=f"shown_{key}", width=240)
    return shown


def _card(comparison: Comparison, dataset: Dataset, row: Row, key: str) -> None:
    names = comparison.class_names
    true, wrong = plain(names[row["label"]]), row["after"] != row["label"]
    with st.container(width=SIDE, gap=None):
        picture = small_picture(dataset.root / row["path"], SIDE)
        if picture is not None:
            st.image(picture, width=SIDE, alt=f"{true}: {row['path']}")
        was = f"was {_answer(row, 'before', names)}"
        st.caption(f"{was}  \ntruly {true}" if wrong else was)
        now = f"**now {_answer(row, 'after', names)}**"
        if st.button(now, key=f"open_{key}", type="tertiary", help="Open this image large"):
            _large(comparison, dataset, row)


@st.dialog("Test image", width="large")
def _large(comparison: Comparison, dataset: Dataset, row: Row) -> None:
    names = comparison.class_names
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    picture = small_picture(dataset.root / row["path"], SIDE_LARGE)
    if picture is not None:
        left.image(picture, width="stretch", alt=row["path"])
    with right:
        st.markdown(f"Truly **{plain(names[row['label']])}**")
        for side, model in zip(("before", "after"), comparison.names, strict=True):
            sure = min(max(float(row[f"{side}_probability"]), 0.0), 1.0)
            st.progress(sure, text=f"{plain(model)}: **{_answer(row, side, names)}**")
            if row[side] != row["label"]:
                st.caption(f"true class: {_percent(float(row[f'{side}_true']))}")
        st.caption(plain(row["path"]))


@st.cache_data(max_entries=4000, show_spinner=False)
def small_picture(path: Path, side: int) -> bytes | None:
    """A square PNG of an image, scaled so that its longest side has `side` pixels.

    Returns:
        The file's bytes, or None where the image cannot be read any more.
    """
    try:
        image = open_rgb(path)
    except (InvalidImageError, OSError):
        return None
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # A square without colour around it keeps the cards of a row in line.
    square = Image.new("RGBA", (side, side))
    place = ((side - size[0]) // 2, (side - size[1]) // 2)
    square.paste(image.resize(size, Image.Resampling.BICUBIC), place)
    buffer = io.BytesIO()
    square.save(buffer, "PNG")
    return buffer.getvalue()


def _answer(row: Row, side: str, names: tuple[str, ...]) -> str:
    name = plain(names[row[side]])
    return f"{name}, {_percent(float(row[f'{side}_probability']))}"


def _percent(share: float) -> str:
    # A space that does not break: a lone % on a line of its own is hard to read.
    return f"{100 * share:.0f}\u00a0%"
