"""Small pictures of image files, made once."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from core.datasets import Dataset
from core.datasets.decode import open_rgb
from core.datasets.health import ISSUES
from core.errors import InvalidImageError
from core.ui.text import plain

SIDE = 128
_WIDEST = 1024

# One row of a manifest.
Row = Mapping[Any, Any]


@st.cache_data(max_entries=4000, show_spinner=False)
def thumbnail(path: str, digest: str) -> bytes | None:
    """A small square PNG of an image file; None where it cannot be read."""
    del digest  # part of the key only: a changed file is another image
    try:
        image = open_rgb(Path(path))
    except InvalidImageError:
        return None
    image = enlarged(image, SIDE)
    image.thumbnail((SIDE, SIDE))
    square = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    square.paste(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    buffer = io.BytesIO()
    square.save(buffer, "PNG")
    return buffer.getvalue()


def enlarged(image: Image.Image, side: int) -> Image.Image:
    """A tiny image, enlarged without blur so that one sees its pixels; others as they are."""
    scale = side // max(image.size)
    if scale < 2:
        return image
    size = (image.width * scale, image.height * scale)
    return image.resize(size, Image.Resampling.NEAREST)


def show_thumbnail(
    place: DeltaGenerator, dataset: Dataset, row: Row, width: int | Literal["stretch"] = "stretch"
) -> None:
    """Shows an image of the manifest small; nothing where it cannot be read.

    Args:
        place: Column or container.
        dataset: That the image belongs to.
        row: Its row: `path`, `sha256`, `class_name`.
        width: In pixels, or `stretch`.
    """
    data = thumbnail(str(dataset.root / row["path"]), row["sha256"])
    if data is not None:
        place.image(data, width=width, alt=f"{row['class_name']}: {row['path']}")


@st.dialog("Image", width="medium")
def show_large(dataset: Dataset, row: Row) -> None:
    """An image as large as the page allows, with its facts."""
    try:
        image = open_rgb(dataset.root / row["path"])
    except InvalidImageError as error:
        st.error(plain(error.what))
        return
    image = enlarged(image, _WIDEST // 2)
    image.thumbnail((_WIDEST, _WIDEST))
    st.image(image, alt=str(row["path"]))
    st.code(row["path"], language=None)
    facts = [
        row["class_name"],
        row["split"],
        f"{row['width']:,} x {row['height']:,} px",
        f"{row['bytes'] / 1000:,.0f} kB",
        f"{row['format']} {row['mode']}",
        *(ISSUES[code].title for code in row["issues"].split(";") if code in ISSUES),
    ]
    st.caption(" · ".join(plain(fact) for fact in facts))
