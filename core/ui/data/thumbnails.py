"""Small pictures of image files, made once."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from core.datasets import Dataset, apart
from core.datasets.health import ISSUES
from core.datasets.manifest import split_word
from core.datasets.scanned import ScannedImage, scanned_image, scanned_images
from core.errors import ChangedFileError, InvalidImageError
from core.language import number, tr
from core.ui.refreshed import in_dialog
from core.ui.text import plain

SIDE = 128
_WIDEST = 1024
_GAP = 18

# One row of a manifest.
Row = Mapping[Any, Any]


class Picture(NamedTuple):
    """A small picture, or in a few words why there is none.

    Attributes:
        png: The PNG; None where there is none.
        trouble: Why.
    """

    png: bytes | None
    trouble: str = ""


def picture(make: Callable[[], bytes | None]) -> Picture:
    """Result of a function, or what is wrong with the file that it read."""
    try:
        png = make()
    except ChangedFileError:  # kept in no cache: it may be put back
        return Picture(None, tr("changed since the scan"))
    return Picture(png, "" if png else tr("cannot be read"))


# Some 1,000 photographs, or ten times as many small images.
@st.cache_data(max_size="32MB", show_spinner=False)
def _thumbnail(file: ScannedImage) -> bytes | None:
    image = fitted_if_whole(file, SIDE)
    return square_png(image, SIDE) if image else None


def thumbnail(file: ScannedImage) -> Picture:
    """A small square PNG of an image file, or why there is none."""
    return picture(lambda: _thumbnail(file))


def fitted(file: ScannedImage, side: int) -> Image.Image:
    """An image with at most `side` pixels a side, tiny ones enlarged.

    Raises:
        InvalidImageError: If the file has changed since its scan, or cannot be read.
    """
    return enlarged(apart.fitted(file, side), side)


def fitted_if_whole(file: ScannedImage, side: int) -> Image.Image | None:
    """The same; None for what was scanned and is no whole image.

    Raises:
        ChangedFileError: If the file has changed since its scan.
    """
    try:
        return fitted(file, side)
    except ChangedFileError:
        raise
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
    """Shows an image of the manifest small, or why it cannot be shown.

    Args:
        place: Column or container, which says how wide: told by a number of pixels, Streamlit
            would encode the image anew in every run.
        dataset: That the image belongs to.
        row: Its row: `path`, `sha256`, `bytes`, `class_name`.
    """
    shown = thumbnail(scanned_image(dataset.root, row))
    if shown.png is None:
        place.markdown(f":material/broken_image: :small[{shown.trouble}]")
    else:
        place.image(shown.png, width="stretch", alt=f"{row['class_name']}: {row['path']}")


@st.cache_data(max_size="16MB", show_spinner=False)
def _strip(files: tuple[ScannedImage, ...], places: int) -> tuple[bytes, tuple[str, ...]]:
    """Thumbnails side by side in one PNG: a page shows ten such rows as fast as ten images.

    Returns:
        The PNG, and the names of the files that are not on it.
    """
    width = places * SIDE + (places - 1) * _GAP
    canvas = Image.new("RGBA", (width, SIDE), (0, 0, 0, 0))
    missing = []
    for place, file in enumerate(files):
        png, _ = thumbnail(file)
        if png is None:
            missing.append(file.name)
        else:
            canvas.paste(Image.open(io.BytesIO(png)), (place * (SIDE + _GAP), 0))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue(), tuple(missing)


def show_strip(place: DeltaGenerator, dataset: Dataset, rows: pd.DataFrame, places: int) -> None:
    """Shows images of the manifest in a row, all as one picture.

    Args:
        place: Column or container.
        dataset: That the images belong to.
        rows: At most `places` rows: `path`, `sha256`, `bytes`.
        places: Thumbnails in a full row.
    """
    files = tuple(scanned_images(dataset.root, rows))
    png, missing = _strip(files, places)
    place.image(png, width="stretch", alt=", ".join(rows["path"]))
    if missing:
        _strip.clear(files, places)  # they may be put back
        words = tr("Changed since the scan, or not to be read: {names}.", names=", ".join(missing))
        place.caption(plain(words))


def show_large(dataset: Dataset, row: Row) -> None:
    """An image as large as the page allows, with its facts, in a dialog."""
    in_dialog(_large, tr("Image"), "medium")(dataset, row)


def _large(dataset: Dataset, row: Row) -> None:
    try:
        image = apart.fitted(scanned_image(dataset.root, row), _WIDEST)
    except InvalidImageError as error:
        st.error(f"{plain(error.what)} {error.way_out}")
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
