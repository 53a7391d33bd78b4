"""One look at every image file: is it whole, what is it, is it a copy of another?"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image, UnidentifiedImageError

from core.datasets.health import TINY_SIDE, is_usable
from core.datasets.layout import FoundImage
from core.datasets.manifest import COLUMNS

Progress = Callable[[int, int], None]
_ROTATED = range(2, 9)
_EXIF_ORIENTATION = 0x0112
_SAME_FORMAT = {"JPG": "JPEG", "JPE": "JPEG", "JFIF": "JPEG", "TIF": "TIFF", "PGM": "PPM"}


def scan(
    root: Path,
    images: Sequence[FoundImage],
    class_names: Sequence[str],
    max_pixels: int,
    progress: Progress,
) -> pd.DataFrame:
    """Reads every file once, on all cores.

    Args:
        root: Folder that the paths are relative to.
        images: What to read.
        class_names: In the order of the labels.
        max_pixels: Most pixels that an image may have.
        progress: Called with `(images done, images in all)`.

    Returns:
        A manifest without near-copy marks; see `core.datasets.manifest` for its columns.
    """
    labels = {name: label for label, name in enumerate(class_names)}
    rows = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        # Threads, not processes: Pillow lets go of the interpreter while it decodes, and a process
        # started from a page would run the app again.
        for image, facts in zip(
            images, pool.map(lambda i: inspect(root / i.path, max_pixels), images), strict=True
        ):
            place = (image.path, image.class_name, labels[image.class_name], image.split)
            rows.append(dict(zip(COLUMNS, (*place, *facts), strict=True)))
            progress(len(rows), len(images))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def inspect(path: Path, max_pixels: int) -> tuple[Any, ...]:
    """Facts of one file: the manifest's columns from `width` to `usable`."""
    try:
        data = path.read_bytes()
    except OSError:
        return (0, 0, 0, "", "", "", "unreadable", False)
    digest = hashlib.sha256(data).hexdigest()
    if not data:
        return (0, 0, 0, "", "", digest, "zero_bytes", False)
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > max_pixels:
                about = (image.width, image.height, len(data), image.mode, image.format)
                return (*about, digest, "too_large", False)
            codes = _codes(image, path)
            image.load()
            size = image.size[::-1] if _orientation(image) >= 5 else image.size
            about = (*size, len(data), image.mode, image.format or "")
    except UnidentifiedImageError:
        return (0, 0, len(data), "", "", digest, "not_an_image", False)
    except Image.DecompressionBombError:
        return (0, 0, len(data), "", "", digest, "too_large", False)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError):
        return (0, 0, len(data), "", "", digest, "unreadable", False)
    return (*about, digest, ";".join(codes), is_usable(codes))


def _codes(image: Image.Image, path: Path) -> list[str]:
    suffix = path.suffix.lstrip(".").upper()
    checks = {
        "wrong_extension": _SAME_FORMAT.get(suffix, suffix) != image.format,
        "animated": getattr(image, "n_frames", 1) > 1,
        "cmyk": image.mode == "CMYK",
        "sixteen_bit": image.mode.startswith(("I", "F")),
        "transparent": image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info,
        "rotated": _orientation(image) in _ROTATED,
        "tiny": min(image.size) < TINY_SIDE,
    }
    return [code for code, found in checks.items() if found]


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(_EXIF_ORIENTATION, 1)
    return value if isinstance(value, int) else 1


def mark_copies(manifest: pd.DataFrame) -> pd.DataFrame:
    """Adds `duplicate`, `leak` and `two_classes` to images whose bytes are the same.

    Args:
        manifest: With its final splits.

    Returns:
        A new manifest.
    """
    usable = manifest[manifest["usable"]]
    groups = usable.groupby("sha256")
    splits, classes = groups["split"].nunique(), groups["class_name"].nunique()
    counts = groups.size()
    marked = manifest.copy()
    for digest in counts[counts > 1].index:
        codes = ["leak"] if splits[digest] > 1 else ["duplicate"]
        codes += ["two_classes"] if classes[digest] > 1 else []
        rows = marked.index[(marked["sha256"] == digest) & marked["usable"]]
        for row in rows:
            known = [code for code in str(marked.at[row, "issues"]).split(";") if code]
            marked.at[row, "issues"] = ";".join([*known, *codes])
    return marked
