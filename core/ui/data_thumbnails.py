"""Small pictures of image files, made once."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from core.datasets import Dataset, apart
from core.datasets.health import ISSUES
from core.datasets.manifest import split_word
from core.errors import InvalidImageError
from core.language import number, tr
from core.ui.text import plain

SIDE = 128
_WIDEST = 1024
_GAP = 18

# One row of a manifest.
Row = Mapping[Any, Any]


@st.cache_data(max_entries=4000, show_spinner=False)
def thumbnail(path: str, digest: str) -> bytes | None:
    """A small square PNG of an image file; None where it cannot be read."""
    del digest  # part of the key only: a changed file is another image
    image = fitted(Path(path), SIDE)
    return None if image is None else square_png(image, SIDE)


def fitted(path: Path, side: int) -> Image.Image | None:
    """An image with at most `side` pixels a side, tiny ones enlarged; None if unreadable."""
    try:
        return enlarged(apart.fitted(path, side), side)
    except InvalidImageError:
        return None


def square_png(image: Image.Image, side: int) -> bytes:
    """An image in the middle of a square, so that pictures stand in line; nothing around it."""
    square = Image.new("RGBA", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
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


def show_thumbnail(place: DeltaGenerator, dataset: Dataset, row: Row) -> None:
    """Shows an image of the manifest small; nothing where it cannot be read.

    Args:
        place: Column or container, which says how wide: told by a number of pixels, Streamlit
            would encode the image anew in every run.
        dataset: That the image belongs to.
        row: Its row: `path`, `sha256`, `class_name`.
    """
    data = thumbnail(str(dataset.root / row["path"]), row["sha256"])
    if data is not None:
        place.image(data, width="stretch", alt=f"{row['class_name']}: {row['path']}")


@st.cache_data(max_entries=500, show_spinner=False)
def _strip(paths: tuple[str, ...], digests: tuple[str, ...], places: int) -> bytes:
    """Thumbnails side by side in one PNG: a page shows ten such rows as fast as ten images."""
    width = places * SIDE + (places - 1) * _GAP
    canvas = Image.new("RGBA", (width, SIDE), (0, 0, 0, 0))
    for place, (path, digest) in enumerate(zip(paths, digests, strict=True)):
        data = thumbnail(path, digest)
        if data is not None:
            canvas.paste(Image.open(io.BytesIO(data)), (place * (SIDE + _GAP), 0))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()


def show_strip(place: DeltaGenerator, dataset: Dataset, rows: pd.DataFrame, places: int) -> None:
    """Shows images of the manifest in a row, all as one picture.

    Args:
        place: Column or container.
        dataset: That the images belong to.
        rows: At most `places` rows: `path`, `sha256`.
        places: Thumbnails in a full row.
    """
    paths = tuple(str(dataset.root / path) for path in rows["path"])
    names = ", ".join(rows["path"])
    place.image(_strip(paths, tuple(rows["sha256"]), places), width="stretch", alt=names)


def show_large(dataset: Dataset, row: Row) -> None:
    """An image as large as the page allows, with its facts, in a dialog."""
    st.dialog(tr("Image"), width="medium")(_large)(dataset, row)


def _large(dataset: Dataset, row: Row) -> None:
    try:
        image = apart.fitted(dataset.root / row["path"], _WIDEST)
    except InvalidImageError as error:
        st.error(plain(error.what))
        return
    st.image(enlarged(image, _WIDEST // 2), alt=str(row["path"]))
    st.code(row["path"], language=None)
    facts = [
        row["class_name"],
        split_word(row["split"]),
        tr("{width} x {height} px", width=int(row["width"]), height=int(row["height"])),
        tr("{size} kB", size=number(row["bytes"] / 1000)),
        f"{row['format']} {row['mode']}",
        *(tr(ISSUES[code].title) for code in row["issues"].split(";") if code in ISSUES),
    ]
    st.caption(" · ".join(plain(fact) for fact in facts))
