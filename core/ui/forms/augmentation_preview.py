"""Preview of augmentation on the user's own images."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from core.config import Augmentation
from core.datasets import Dataset
from core.datasets.apart import square
from core.datasets.scanned import ScannedImage, scanned_image
from core.datasets.variants import draw_variant, varied
from core.errors import InvalidImageError
from core.language import tr
from core.ui import session
from core.ui.data.manifests import cached_manifest
from core.ui.text import plain

SIDE = 128
VARIANTS = 5
_PER_ROW = 3
_GAP = 10
_FRAME = (124, 139, 154, 160)


def preview(dataset: Dataset, ranges: Augmentation, key: str) -> None:
    """Shows a training image and five variants of it, with a button for another image.

    Args:
        dataset: That the image is taken from.
        ranges: How far each change may go.
        key: Start of the widgets' keys.
    """
    number = session.count(f"{key}_preview")
    table = cached_manifest(dataset)
    train = table[table["usable"] & (table["split"] == "train")]
    if train.empty:
        return
    # A stride that shares no divisor with most numbers goes through the classes in turn.
    row = train.iloc[number * 7919 % len(train)]
    file = scanned_image(dataset.root, row.to_dict())
    try:
        picture = _picture(file, ranges, number)
    except InvalidImageError as error:
        st.caption(plain(error.what))
    else:
        st.image(
            picture,
            width="stretch",
            caption=tr("First the image as it is, then five variants"),
            alt=tr("{path} and {count} variants of it", path=str(row["path"]), count=VARIANTS),
        )
    st.button(
        tr("Another image"),
        icon=":material/refresh:",
        key=f"{key}_preview",
        on_click=session.count_up,
        args=(f"{key}_preview",),
    )


@st.cache_data(max_size="8MB", show_spinner=False)
def _picture(file: ScannedImage, ranges: Augmentation, seed: int) -> bytes:
    pixels = square(file, SIDE)
    random = np.random.default_rng(seed)
    tiles = [pixels, *(varied(pixels, draw_variant(ranges, random)) for _ in range(VARIANTS))]
    rows = -(-len(tiles) // _PER_ROW)
    step = SIDE + _GAP
    canvas = Image.new("RGBA", (_PER_ROW * step - _GAP, rows * step - _GAP), (0, 0, 0, 0))
    pen = ImageDraw.Draw(canvas)
    for place, tile in enumerate(tiles):
        x, y = place % _PER_ROW * step, place // _PER_ROW * step
        canvas.paste(Image.fromarray(tile), (x, y))
        # White images on a white page would run into each other.
        pen.rectangle((x, y, x + SIDE - 1, y + SIDE - 1), outline=_FRAME)
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()
