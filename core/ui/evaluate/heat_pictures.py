"""An image at night, with the places that spoke for a class glowing on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from core.datasets.scanned import ScannedImage
from core.ui.data.thumbnails import SIDE, Picture, fitted_if_whole, picture, square_png

# The image is dimmed to night blue, so that the glow is the only bright thing whatever it shows.
_DARK, _LIGHT = (16, 24, 40), (130, 145, 165)
_GLOW = ((190, 50, 10), (255, 140, 30), (255, 235, 130))
_STRENGTH = 0.85


@st.cache_data(max_size="16MB", show_spinner=False)
def _heat_thumbnail(file: ScannedImage, heat: npt.NDArray[np.float32]) -> bytes | None:
    image = fitted_if_whole(file, SIDE)
    return square_png(glowing(image, heat), SIDE) if image else None


def heat_thumbnail(file: ScannedImage, heat: npt.NDArray[np.float32]) -> Picture:
    """A small square PNG of an image with heat on it, or why there is none."""
    return picture(lambda: _heat_thumbnail(file, heat))


def glowing(image: Image.Image, heat: npt.NDArray[np.float32]) -> Image.Image:
    """Lays heat over an image.

    Args:
        image: RGB.
        heat: float32 `(height, width)` in [0, 1], coarser than the image; NaN shows as none.

    Returns:
        RGB of the image's size: blue and dim where the heat is 0.
    """
    field = Image.fromarray(np.nan_to_num(heat).astype(np.float32))
    smooth = np.asarray(field.resize(image.size, Image.Resampling.BICUBIC))
    share = np.clip(smooth, 0, 1)
    grey = np.asarray(image.convert("L"), np.float32) / 255
    alpha = _STRENGTH * share[..., None]
    mixed = (1 - alpha) * _colours(grey, (_DARK, _LIGHT)) + alpha * _colours(share, _GLOW)
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))


def _colours(share: npt.NDArray[Any], stops: Sequence[tuple[int, int, int]]) -> npt.NDArray[Any]:
    """Colours along a scale, float64 `(height, width, 3)` in [0, 255]."""
    places = np.linspace(0, 1, len(stops))
    channels = zip(*stops, strict=True)
    return np.stack([np.interp(share, places, channel) for channel in channels], axis=-1)
