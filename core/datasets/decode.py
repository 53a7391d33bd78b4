"""The one decoder: what training saw is what prediction sees."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import InvalidImageError

# Part of every feature key: a change of any rule here must change it.
DECODER_VERSION = "1"
MAX_PIXELS = 100_000_000


def decode(path: Path, image_size: int, max_pixels: int = MAX_PIXELS) -> np.ndarray[Any, Any]:
    """Decodes a file and resizes it to a square.

    Returns:
        uint8 `(image_size, image_size, 3)`, RGB.

    Raises:
        InvalidImageError: If it is no whole image, or has too many pixels.
    """
    return resize(open_rgb(path, max_pixels), image_size)


def decode_bytes(
    data: bytes, name: str, image_size: int, max_pixels: int = MAX_PIXELS
) -> np.ndarray[Any, Any]:
    """Decodes an uploaded file as `decode` does; `name` is for the error."""
    return resize(_rgb(io.BytesIO(data), name, max_pixels), image_size)


def open_rgb(path: Path, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The whole image at its own size, upright, in RGB."""
    return _rgb(path, path.name, max_pixels)


def resize(image: Image.Image, image_size: int) -> np.ndarray[Any, Any]:
    """Stretches to a square, bilinear with antialiasing."""
    square = image.resize((image_size, image_size), Image.Resampling.BILINEAR)
    return np.asarray(square, dtype=np.uint8)


def _rgb(source: Path | io.BytesIO, name: str, max_pixels: int) -> Image.Image:
    try:
        with Image.open(source) as image:
            if image.width * image.height > max_pixels:
                raise InvalidImageError(
                    f"{name} has {image.width} x {image.height} pixels; "
                    f"the limit is {max_pixels:,}.",
                    "Make it smaller.",
                )
            image.load()
            return _to_rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise InvalidImageError(f"{name} is no image.", "Leave it out or replace it.") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidImageError(
            f"{name} cannot be read as an image: {error}.", "Leave it out or replace it."
        ) from error


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bit: `convert` would cut off instead of scaling
        values = np.asarray(image, dtype=np.float64) / 257.0
        image = Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba)
    return image.convert("RGB")
