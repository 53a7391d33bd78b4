"""The files that a scan has let pass, and nothing else.

A scan decodes every file apart, under limits on pixels, time and memory, and writes down what it
was. Afterwards only those very bytes are decoded as part of the data set: whatever lies in their
place now is refused unread where its size tells, and undecoded otherwise.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from core.datasets.decode import decode_bytes
from core.datasets.store import Dataset
from core.errors import ChangedFileError, InvalidImageError
from core.language import Words, tr

Array = np.ndarray[Any, Any]


class ScannedImage(NamedTuple):
    """An image file as its scan found it.

    Attributes:
        root: Folder that the data set's paths are relative to.
        name: The file's path in the manifest.
        sha256: Of the bytes that the scan decoded; "" where it could not read them.
        size: How many bytes these were.
    """

    root: str
    name: str
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.root, self.name)

    def read(self) -> bytes:
        """The bytes that were scanned.

        Raises:
            ChangedFileError: If others are there now, or none.
            InvalidImageError: If the file cannot be read, or the scan could not.
        """
        if not self.sha256:
            what = tr("{name} could not be read when the data set was scanned.", name=self.name)
            raise InvalidImageError(what, tr("Leave it out or replace it."))
        try:
            data = _content(self.path, self.size)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            what = tr("{name} is not there any more.", name=self.name)
            raise ChangedFileError(what, _way_out()) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise InvalidImageError(
                tr("{name} cannot be read: {error}.", name=self.name, error=reason), _way_out()
            ) from error
        if data is None or hashlib.sha256(data).hexdigest() != self.sha256:
            what = tr("{name} has changed since the data set was scanned.", name=self.name)
            raise ChangedFileError(what, _way_out())
        return data

    def decode(self, image_size: int, whole: bool = False) -> Array:
        """Decodes the bytes that were scanned and resizes them to a square.

        A scan has let them pass: a second limit on pixels could only stop a run in its middle.

        Args:
            image_size: Side of the square, in pixels.
            whole: As of `core.datasets.decode.decode_bytes`.

        Returns:
            uint8 `(image_size, image_size, 3)`, RGB.

        Raises:
            ChangedFileError: If others are there now, or none.
            InvalidImageError: If they cannot be read or are no whole image.
        """
        return decode_bytes(self.read(), self.name, image_size, whole=whole)


def scanned_image(root: Path, row: Mapping[Any, Any]) -> ScannedImage:
    """The image of a manifest's row: `path`, `sha256`, `bytes`."""
    return ScannedImage(str(root), row["path"], row["sha256"], int(row["bytes"]))


def scanned_images(root: Path, rows: pd.DataFrame) -> list[ScannedImage]:
    """The images of a manifest's rows, in their order: columns `path`, `sha256`, `bytes`."""
    columns = (rows[name].tolist() for name in ("path", "sha256", "bytes"))
    return [ScannedImage(str(root), *values) for values in zip(*columns, strict=True)]


def images_named(dataset: Dataset, names: Sequence[str]) -> dict[str, ScannedImage]:
    """Images of a data set by their paths; those that its manifest lists."""
    table = dataset.manifest()
    found = scanned_images(dataset.root, table[table["path"].isin(list(names))])
    return {image.name: image for image in found}


def decoded(
    images: Sequence[ScannedImage], image_size: int, whole: bool = False
) -> tuple[Array, Array]:
    """Decodes those that are still as they were scanned; the others are left out.

    Args:
        images: However many.
        image_size: Side of the square, in pixels.
        whole: As of `core.datasets.decode.decode_bytes`.

    Returns:
        uint8 `(kept, image_size, image_size, 3)`, RGB; and bool `(images,)`: which were kept.

    Raises:
        InvalidImageError: If one cannot be read.
    """
    pixels, kept = [], np.ones(len(images), bool)
    for place, image in enumerate(images):
        try:
            pixels.append(image.decode(image_size, whole))
        except ChangedFileError:
            kept[place] = False
    return np.array(pixels, np.uint8).reshape(-1, image_size, image_size, 3), kept


def _content(path: Path, expected: int) -> bytes | None:
    """The whole content of a file of `expected` bytes; None where it is none."""
    with open(path, "rb", opener=_without_waiting) as handle:
        about = os.fstat(handle.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size != expected:
            return None
        data = handle.read(expected + 1)  # no more, though it may grow meanwhile
    return data if len(data) == expected else None


def _without_waiting(path: str, flags: int) -> int:
    """Open without blocking: a pipe in place of the file would wait forever."""
    return os.open(path, flags | os.O_NONBLOCK)


def _way_out() -> Words:
    return tr("Put the file back, scan its folder again, or leave the image out on the Data page.")
