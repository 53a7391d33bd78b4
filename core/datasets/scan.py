"""One look at every image file: is it whole, what is it, what does it look like?"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from core.datasets.apart import decoders
from core.datasets.copies import add_groups
from core.datasets.facts import FINGERPRINT_SIDE, FileFacts
from core.datasets.layout import FoundImage
from core.datasets.manifest import COLUMNS
from core.errors import InvalidImageError

Progress = Callable[[int, int], None]
# Files that a process reads before it answers, at most, and their bytes: every answer wakes this
# process, which has one core for all of them.
_FILES = 64
_BYTES = 4_000_000
# Answers of each process, at least, so that none has much more to do than the others.
_ROUNDS = 8
# Side at which noise and texture still show.
_DETAIL_SIDE = 128


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
    return manifest_of(root, images, class_names, max_pixels, facts)


def manifest_of(
    root: Path,
    images: Sequence[FoundImage],
    class_names: Sequence[str],
    max_pixels: int,
    facts: Sequence[FileFacts],
) -> pd.DataFrame:
    """Join what the layout and the files say, and find which show the same picture.

    Args:
        root: As of `scan`, like the next three.
        images: Those that were read.
        class_names: In the order of the labels.
        max_pixels: Most pixels that an image may have.
        facts: Of each image's file.

    Returns:
        As of `scan`.
    """
    labels = {name: label for label, name in enumerate(class_names)}
    rows = [
        (image.path, image.class_name, labels[image.class_name], image.split, *fact.columns())
        for image, fact in zip(images, facts, strict=True)
    ]
    nothing = np.zeros((FINGERPRINT_SIDE, FINGERPRINT_SIDE), np.uint8)
    small = np.array([nothing if fact.small is None else fact.small for fact in facts])
    tints = np.array([fact.tint for fact in facts], np.float32)
    paths = [root / image.path for image in images]

    def details(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return read_details([paths[row] for row in rows], max_pixels)

    return add_groups(pd.DataFrame(rows, columns=list(COLUMNS)), small, tints, details)


def read_details(paths: Sequence[Path], max_pixels: int) -> np.ndarray[Any, Any]:
    """Images at the size in which noise and texture still show.

    Returns:
        uint8 `(images, 128, 128)`, in grey; 0 where one cannot be read any more.
    """

    def read(path: Path) -> np.ndarray[Any, Any]:
        try:
            pixels = decoders().decode(path.read_bytes(), path.name, _DETAIL_SIDE, max_pixels)
        except (OSError, InvalidImageError):
            return np.zeros((_DETAIL_SIDE, _DETAIL_SIDE), np.uint8)
        return np.asarray(Image.fromarray(pixels).convert("L"))

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return np.array(list(pool.map(read, paths)), np.uint8).reshape(
            -1, _DETAIL_SIDE, _DETAIL_SIDE
        )


def read_files(paths: Sequence[Path], max_pixels: int, progress: Progress) -> list[FileFacts]:
    """Facts of many files, read on all cores."""
    cores = os.cpu_count() or 1
    facts: list[FileFacts] = []
    with ThreadPoolExecutor(max_workers=cores) as pool:
        # Each thread waits for a process of its own, which a broken file may take down.
        parts = _parts(paths, min(_FILES, 1 + len(paths) // (_ROUNDS * cores)))
        for part in pool.map(lambda part: decoders().inspect(part, max_pixels), parts):
            facts += part
            progress(len(facts), len(paths))
    return facts


def _parts(paths: Sequence[Path], most: int) -> list[list[Path]]:
    """The files in turn, a few large ones or `most` small ones together."""
    parts: list[list[Path]] = []
    room = 0
    for path in paths:
        size = _size(path)
        if not parts or size > room or len(parts[-1]) == most:
            parts.append([])
            room = _BYTES
        parts[-1].append(path)
        room -= size
    return parts


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
