"""What the team's guests bring: photographs of nothing, alone or in a zip."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from PIL import Image

IN_ZIP = 40


def photograph(random: np.random.Generator) -> bytes:
    """A JPEG of 800 x 600 pixels."""
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((800, 600), Image.Resampling.BICUBIC).save(buffer, "JPEG")
    return buffer.getvalue()


def archive(random: np.random.Generator) -> bytes:
    """A zip of photographs in two classes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for i in range(IN_ZIP):
            opened.writestr(f"class {i % 2}/{i:03d}.jpg", photograph(random))
    return buffer.getvalue()
