"""The one decoder: what training saw is what prediction sees.

It takes bytes, never a file: who decodes says by what right, as `core.datasets.scanned` (they have
passed the limits) and `core.datasets.apart_process` (it may die of them) do.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import InvalidImageError
from core.language import tr

# Part of every feature key: a change of any rule here must change it.
DECODER_VERSION = "3"
# Decoders that read large JPEGs at their full size.
WHOLE_DECODERS = ("1", "2")
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
# A JPEG is decoded at this many times the size that is needed, at least.
_ROOM = 2

Size = tuple[int, int]


def decode_bytes(
    data: bytes, name: str, image_size: int, max_pixels: int | None = None, whole: bool = False
) -> np.ndarray[Any, Any]:
    """Decodes a file's bytes and resizes the image to a square.

    Args:
        data: All bytes of the file.
        name: Of the file, for the error.
        image_size: Side of the square, in pixels.
        max_pixels: Most pixels that the file may have; None where a scan has let it pass already.
            Pillow's own limit, 178 million, holds for both.
        whole: Decode large JPEGs at their full size, as version 2 of the decoder did: three times
            slower, and different by 0.2 of 255 in the mean.

    Returns:
        uint8 `(image_size, image_size, 3)`, RGB.

    Raises:
        InvalidImageError: If it is no whole image, or has too many pixels.
    """
    size = (image_size, image_size)
    image = open_rgb(data, name, max_pixels, (lambda own: own) if whole else (lambda _: size))
    # Stretched, bilinear with antialiasing.
    square = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(square, dtype=np.uint8)


def fit_bytes(
    data: bytes, name: str, side: int, max_pixels: int | None = None
) -> np.ndarray[Any, Any]:
    """Decode a file's bytes and reduce the image, in proportion, to at most `side` a side.

    Args:
        data: All bytes of the file.
        name: Of the file, for the error.
        side: Longest side of the result, in pixels.
        max_pixels: As of `decode_bytes`.

    Returns:
        uint8 `(height, width, 3)`, RGB; a smaller image has its own size.

    Raises:
        InvalidImageError: As of `decode_bytes`.
    """
    image = open_rgb(data, name, max_pixels, lambda size: _fitted_size(size, side))
    image.thumbnail((side, side))
    return np.asarray(image)


def reduce_jpeg(image: Image.Image, needed: Size) -> None:
    """Have a JPEG decoded at a half, a quarter or an eighth of its size where that is enough.

    The smallest that is at least twice as large as needed, both ways. Every byte is still read:
    a damaged file fails as it does at full size. Other formats stay as they are.

    Args:
        image: Opened and not loaded yet.
        needed: Width and height that it will be resized to, at least.
    """
    image.draft(None, (_ROOM * needed[0], _ROOM * needed[1]))


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except BROKEN:
        return 1  # damaged notes beside a whole picture are no reason to lose it
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(image: Image.Image) -> Image.Image:
    """Turn a loaded image as its EXIF data say."""
    return ImageOps.exif_transpose(image) if orientation(image) > 1 else image


def upright_rgb(image: Image.Image) -> Image.Image:
    """A loaded image as every part of the app sees it: upright, on white, 8 bits, RGB."""
    image = _eight_bits(upright(image))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba)
    return image if image.mode == "RGB" else image.convert("RGB")


def open_rgb(
    data: bytes,
    name: str,
    max_pixels: int | None = None,
    needed: Callable[[Size], Size] = lambda size: size,
) -> Image.Image:
    """The whole image, upright, in RGB; errors as of `decode_bytes`.

    Args:
        data: All bytes of the file.
        name: Of the file, for the error.
        max_pixels: As of `decode_bytes`.
        needed: Width and height, of those of the file, that the image will be resized to; a large
            JPEG comes smaller than it is, as `reduce_jpeg` says. By default at its own size.
    """
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
            reduce_jpeg(image, needed(image.size))
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


def _fitted_size(size: Size, side: int) -> Size:
    longest = max(size)
    width, height = (max(1, -(-length * side // longest)) for length in size)
    return width, height


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scales deep grey images to 0..255; Pillow's `convert` would cut them off instead."""
    if image.mode[0] not in "IF":
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    # Floating point files hold either shares of white or the values of 8 bits.
    scale = 1 / 257 if image.mode[0] == "I" else 255.0 if values.max() <= 1 else 1.0
    return Image.fromarray(np.clip(np.rint(values * scale), 0, 255).astype(np.uint8))
