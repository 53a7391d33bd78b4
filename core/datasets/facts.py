"""Facts about one image file: read completely, decoded, and checked for issues."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.datasets.decode import BROKEN, FORMATS, orientation, upright, upright_rgb
from core.datasets.health import BLANK_RANGE, ELONGATED, TINY_SIDE, is_usable

# Side of the small grey picture by which copies are found.
FINGERPRINT_SIDE = 64
_PNG_DEPTH_BYTE = 24
_LYING = range(5, 9)
_DRAFTED = ("JPEG", "MPO")
_SAME_FORMAT = {"JPG": "JPEG", "JPE": "JPEG", "JFIF": "JPEG", "TIF": "TIFF", "PGM": "PPM"}


@dataclass(frozen=True)
class FileFacts:
    """Facts about one image file.

    Attributes:
        width: In pixels, upright; 0 where unreadable.
        height: Likewise.
        bytes: Size of the file.
        mode: As Pillow names it.
        format: As Pillow names it.
        sha256: Of the file's bytes; "" where not even those can be read.
        issues: Codes of `core.datasets.health`, joined by `;`.
        small: uint8 `(64, 64)`, the image in grey; None where unreadable.
        tint: Mean of Cb and of Cr, each in [-128, 127].
    """

    width: int = 0
    height: int = 0
    bytes: int = 0
    mode: str = ""
    format: str = ""
    sha256: str = ""
    issues: str = ""
    small: np.ndarray[Any, Any] | None = None
    tint: tuple[float, float] = (0.0, 0.0)

    def columns(self) -> tuple[Any, ...]:
        """The manifest's columns from `width` to `usable`."""
        about = (self.width, self.height, self.bytes, self.mode, self.format, self.sha256)
        return (*about, self.issues, is_usable([c for c in self.issues.split(";") if c]))


def inspect(path: Path, max_pixels: int) -> FileFacts:
    """Facts of one file."""
    try:
        data = path.read_bytes()
    except OSError:
        return FileFacts(issues="unreadable")
    digest = hashlib.sha256(data).hexdigest()
    if not data:
        return FileFacts(sha256=digest, issues="zero_bytes")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return _image_facts(image, path, data, digest, max_pixels)
    except UnidentifiedImageError:
        issue = "not_an_image"
    except Image.DecompressionBombError:
        issue = "too_large"
    except BROKEN:
        issue = "unreadable"
    return FileFacts(bytes=len(data), sha256=digest, issues=issue)


def _image_facts(
    image: Image.Image, path: Path, data: bytes, digest: str, max_pixels: int
) -> FileFacts:
    about: dict[str, Any] = {
        "bytes": len(data),
        "format": image.format or "",
        "mode": image.mode,
        "sha256": digest,
    }
    if image.width * image.height > max_pixels:
        return FileFacts(image.width, image.height, issues="too_large", **about)
    if image.format in _DRAFTED:
        codes = _codes(image, path, data)
        size = image.size[::-1] if orientation(image) in _LYING else image.size
        # A fingerprint needs no more than its own size, and no RGB in between. Every byte is still
        # read: a damaged file fails as it does at full size, in two thirds of the time.
        mode = "YCbCr" if "jfif" in image.info else None  # without, its colours may be RGB
        image.draft(mode, (FINGERPRINT_SIDE, FINGERPRINT_SIDE))
        image.load()
        seen = upright(image) if image.mode == "YCbCr" else upright_rgb(image)
    else:
        # First of all: Pillow decodes a PNG to find its EXIF data, and says once only, then and
        # there, that it is damaged. Last of all: it looks for a second picture, and may end there.
        image.load()
        seen = upright_rgb(image)
        size = seen.size
        codes = _codes(image, path, data)
    small, tint = _looks(seen)
    if int(small.max()) - int(small.min()) < BLANK_RANGE:
        codes.append("blank")
    return FileFacts(*size, issues=";".join(codes), small=small, tint=tint, **about)


def _codes(image: Image.Image, path: Path, data: bytes) -> list[str]:
    suffix = path.suffix.lstrip(".").upper()
    # Phones write MPO: a JPEG with a second picture behind it that nobody looks at.
    kind = "JPEG" if image.format == "MPO" else image.format
    deep = image.format == "PNG" and data[_PNG_DEPTH_BYTE] == 16
    checks = {
        "wrong_extension": _SAME_FORMAT.get(suffix, suffix) != kind,
        "animated": image.format != "MPO" and _is_animated(image),
        "cmyk": image.mode == "CMYK",
        "sixteen_bit": deep or image.mode[0] in "IF",
        "transparent": image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info,
        "rotated": orientation(image) > 1,
        "elongated": max(image.size) > ELONGATED * min(image.size),
        "tiny": min(image.size) < TINY_SIDE,
    }
    return [code for code, found in checks.items() if found]


def _is_animated(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except BROKEN:
        return True  # there is a second picture, a damaged one; the first is all that is used


def _looks(image: Image.Image) -> tuple[np.ndarray[Any, Any], tuple[float, float]]:
    """The image at 64 x 64 in grey, and its mean tint."""
    side = (FINGERPRINT_SIDE, FINGERPRINT_SIDE)
    # A rough reduction first: four times faster, and the same to a grey level or two.
    small = image.resize(side, Image.Resampling.BILINEAR, reducing_gap=2.0)
    colours = np.asarray(small.convert("YCbCr"), dtype=np.uint8)
    # Sums of each by itself: a mean over two axes, or Pillow's own, takes as long as the resizing.
    blue, red = (int(colours[:, :, channel].sum()) / FINGERPRINT_SIDE**2 for channel in (1, 2))
    return colours[:, :, 0].copy(), (blue - 128, red - 128)
