"""The one decoder: what training saw is what prediction sees.

It takes bytes, never a file: who decodes says by what right, as `core.datasets.scanned` (they have
passed the limits) and `core.datasets.apart_process` (it may die of them) do.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import InvalidImageError
from core.language import tr

# Part of every feature key: a change of any rule here must change it.
DECODER_VERSION = "2"
# What a file may be, whatever its name says. Pillow knows thirty more, which nobody trains on: one
# of them hands the file to another program, Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "DIB")
# What Pillow's readers raise on broken files, besides saying that they are no images.
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_EXIF_ORIENTATION = 0x0112


def decode_bytes(
    data: bytes, name: str, image_size: int, max_pixels: int | None = None
) -> np.ndarray[Any, Any]:
    """Decodes a file's bytes and resizes the image to a square.

    Args:
        data: All bytes of the file.
        name: Of the file, for the error.
        image_size: Side of the square, in pixels.
        max_pixels: Most pixels that the file may have; None where a scan has let it pass already.
            Pillow's own limit, 178 million, holds for both.

    Returns:
        uint8 `(image_size, image_size, 3)`, RGB.

    Raises:
        InvalidImageError: If it is no whole image, or has too many pixels.
    """
    image = open_rgb(data, name, max_pixels)
    # Stretched, bilinear with antialiasing.
    square = image.resize((image_size, image_size), Image.Resampling.BILINEAR)
    return np.asarray(square, dtype=np.uint8)


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except BROKEN:
        return 1  # damaged notes beside a whole picture are no reason to lose it
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright_rgb(image: Image.Image) -> Image.Image:
    """A loaded image as every part of the app sees it: upright, on white, 8 bits, RGB."""
    if orientation(image) > 1:
        image = ImageOps.exif_transpose(image)
    image = _eight_bits(image)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba)
    return image if image.mode == "RGB" else image.convert("RGB")


def open_rgb(data: bytes, name: str, max_pixels: int | None = None) -> Image.Image:
    """The whole image at its own size, upright, in RGB; errors as of `decode_bytes`."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if max_pixels is not None and image.width * image.height > max_pixels:
                raise InvalidImageError(
                    tr(
                        "{name} has {width} x {height} pixels; the limit is {limit}.",
                        name=name,
                        width=str(image.width),
                        height=str(image.height),
                        limit=max_pixels,
                    ),
                    tr("Make it smaller."),
                )
            image.load()
            return upright_rgb(image)
    except UnidentifiedImageError as error:
        raise InvalidImageError(
            tr("{name} is no image.", name=name), tr("Leave it out or replace it.")
        ) from error
    except BROKEN as error:
        raise InvalidImageError(
            tr("{name} cannot be read as an image: {error}.", name=name, error=str(error)),
            tr("Leave it out or replace it."),
        ) from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scales deep grey images to 0..255; Pillow's `convert` would cut them off instead."""
    if image.mode[0] not in "IF":
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    # Floating point files hold either shares of white or the values of 8 bits.
    scale = 1 / 257 if image.mode[0] == "I" else 255.0 if values.max() <= 1 else 1.0
    return Image.fromarray(np.clip(np.rint(values * scale), 0, 255).astype(np.uint8))
