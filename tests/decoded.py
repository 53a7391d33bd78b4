"""Decodes files that a test has made: the app itself decodes what was scanned, or apart."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from core.datasets.decode import decode_bytes
from core.datasets.scanned import ScannedImage


def decode(path: Path, image_size: int, max_pixels: int | None = None) -> np.ndarray:
    """A file's image, uint8 `(image_size, image_size, 3)`, RGB."""
    return decode_bytes(path.read_bytes(), path.name, image_size, max_pixels)


def scanned(path: Path) -> ScannedImage:
    """A file as a scan would write it down now."""
    data = path.read_bytes()
    return ScannedImage(str(path.parent), path.name, sha256(data).hexdigest(), len(data))
