"""One look at every image file: is it whole, what is it, what does it look like?"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from core.datasets.apart import decoders
from core.datasets.copies import add_groups
from core.datasets.facts import FINGERPRINT_SIDE, FileFacts
from core.datasets.layout import FoundImage
from core.datasets.manifest import COLUMNS

Progress = Callable[[int, int], None]
# Files that a thread reads before it reports: threads that report often wait for each other.
_PART = 16


def scan(
    root: Path,
    images: Sequence[FoundImage],
    class_names: Sequence[str],
    max_pixels: int,
    progress: Progress,
) -> pd.DataFrame:
    """Reads every file once, on all cores, and finds which show the same picture.

    Args:
        root: Folder that the paths are relative to.
        images: What to read.
        class_names: In the order of the labels.
        max_pixels: Most pixels that an image may have.
        progress: Called with `(images done, images in all)`.

    Returns:
        A manifest without the marks of copies; see `core.datasets.manifest` for its columns.
    """
    facts = read_files([root / image.path for image in images], max_pixels, progress)
    labels = {name: label for label, name in enumerate(class_names)}
    rows = [
        (image.path, image.class_name, labels[image.class_name], image.split, *fact.columns())
        for image, fact in zip(images, facts, strict=True)
    ]
    nothing = np.zeros((FINGERPRINT_SIDE, FINGERPRINT_SIDE), np.uint8)
    small = np.array([nothing if fact.small is None else fact.small for fact in facts])
    tints = np.array([fact.tint for fact in facts], np.float32)
    return add_groups(pd.DataFrame(rows, columns=list(COLUMNS)), small, tints)


def read_files(paths: Sequence[Path], max_pixels: int, progress: Progress) -> list[FileFacts]:
    """Facts of many files, read on all cores."""
    parts = [paths[start : start + _PART] for start in range(0, len(paths), _PART)]
    facts: list[FileFacts] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        # Each thread waits for a process of its own, which a broken file may take down.
        for part in pool.map(lambda part: decoders().inspect(part, max_pixels), parts):
            facts += part
            progress(len(facts), len(paths))
    return facts
