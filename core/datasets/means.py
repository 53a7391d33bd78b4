"""The mean image of each class: what its images have in common, such as a background."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.datasets.apart import square
from core.datasets.scanned import ScannedImage, scanned_images
from core.errors import InvalidImageError

Array = np.ndarray[Any, Any]
SIDE = 64
# Images of a class that are averaged, drawn at random: more do not change what one sees.
PER_CLASS = 100
_SEED = 0


def mean_images(root: Path, manifest: pd.DataFrame, class_names: Sequence[str]) -> Array:
    """Averages training images of each class.

    Args:
        root: Folder that the manifest's paths are relative to.
        manifest: Columns `path`, `class_name`, `split`, `usable`, `sha256`, `bytes`.
        class_names: Which classes, in the order of the result.

    Returns:
        uint8 `(classes, 64, 64, 3)`, RGB; white where a class has no training image.
    """
    train = manifest[manifest["usable"] & (manifest["split"] == "train")]
    means = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for name in class_names:
            rows = train[train["class_name"] == name]
            rows = rows.sample(min(PER_CLASS, len(rows)), random_state=_SEED)
            found = pool.map(_pixels, scanned_images(root, rows))
            whole = [pixels for pixels in found if pixels is not None]
            white = np.full((SIDE, SIDE, 3), 255.0)
            means.append(np.mean(whole, axis=0) if whole else white)
    rounded: Array = np.rint(np.array(means)).astype(np.uint8)
    return rounded


def _pixels(image: ScannedImage) -> Array | None:
    try:
        return square(image, SIDE)
    except InvalidImageError:
        return None  # gone or changed since the scan: a mean of the others is as good
