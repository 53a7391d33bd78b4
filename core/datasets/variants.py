"""Varied copies of an image, as training draws them, without keras: a page shows them beforehand.

The ranges are those of Keras' layers: RandomFlip, RandomRotation, RandomZoom, RandomTranslation,
RandomContrast and RandomBrightness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from core.config import Augmentation

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Variant:
    """Parameters of one augmented view.

    Attributes:
        flipped: Whether it is mirrored left to right.
        turn: Share of a full turn, anticlockwise.
        zoom: Above 1 shows more than the image, below 1 less.
        right: Shift to the right, as a share of the width.
        down: Shift down, as a share of the height.
        contrast: Factor of each channel's distance from its mean.
        brightness: What is added, as a share of the whole range.
    """

    flipped: bool = False
    turn: float = 0.0
    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0
    contrast: float = 1.0
    brightness: float = 0.0


def draw_variant(ranges: Augmentation, random: np.random.Generator) -> Variant:
    """Draws one variant, every value evenly over its range."""

    def between(limit: float) -> float:
        return float(random.uniform(-limit, limit))

    return Variant(
        flipped=bool(ranges.flip and random.random() < 0.5),
        turn=between(ranges.rotation),
        zoom=1 + between(ranges.zoom),
        right=between(ranges.translation),
        down=between(ranges.translation),
        contrast=1 + between(ranges.contrast),
        brightness=between(ranges.brightness),
    )


def varied(pixels: Array, variant: Variant) -> Array:
    """Applies a variant; what comes in at the borders is the image reflected.

    Args:
        pixels: uint8 `(height, width, 3)` in [0, 255].
        variant: What is done.

    Returns:
        uint8 of the same shape.
    """
    image = pixels[:, ::-1] if variant.flipped else pixels
    image = _moved(image.astype(np.float32), variant)
    mean = image.mean(axis=(0, 1), keepdims=True)
    image = np.clip((image - mean) * variant.contrast + mean, 0, 255)
    image = np.clip(image + 255 * variant.brightness, 0, 255)
    whole: Array = image.round().astype(np.uint8)
    return whole


def _moved(image: Array, variant: Variant) -> Array:
    """Turned, zoomed and shifted about its centre, in one step."""
    size = np.array(image.shape[:2], dtype=np.float64)
    centre = (size - 1) / 2
    sine, cosine = math.sin(2 * math.pi * variant.turn), math.cos(2 * math.pi * variant.turn)
    # From a place in the result, as (row, column), to its place in the image.
    matrix = variant.zoom * np.array([[cosine, sine], [-sine, cosine]])
    shift = np.array([variant.down, variant.right]) * size
    offset = centre - matrix @ (centre + shift)
    channels = [
        ndimage.affine_transform(image[..., channel], matrix, offset, order=1, mode="reflect")
        for channel in range(image.shape[2])
    ]
    moved: Array = np.stack(channels, axis=-1)
    return moved
