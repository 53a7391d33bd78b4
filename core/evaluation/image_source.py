"""Images to classify one after the other: those of a folder, or of a zip that stays packed."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.datasets.folder import files_below
from core.datasets.layout import is_image_name, is_junk
from core.errors import DatasetError, InvalidImageError
from core.language import number, tr, trn

# A single image beyond this is none; it also bounds what a zip can unpack into memory.
MAX_FILE_BYTES = 300_000_000
_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,  # a password, or a compression that Python does not know
    ValueError,  # places before the file's beginning
    OverflowError,  # or beyond any end
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True)
class ImageSource:
    """Source of images: a folder or a zip.

    Attributes:
        names: Paths inside it, with `/` between parts, in order.
        read: Gives the bytes of one; raises `InvalidImageError` where it cannot.
    """

    names: tuple[str, ...]
    read: Callable[[str], bytes]


def image_source(path: Path) -> ImageSource:
    """Lists the images of a folder or a zip, hidden files and links left out.

    Raises:
        DatasetError: If it is neither, or holds no file that is named like an image.
    """
    if path.is_dir():
        names, unnamed = files_below(path)
        source = _chosen(names, lambda name: _read_file(path / name, name))
    elif zipfile.is_zipfile(path):
        source, unnamed = _zip_source(path), []
    else:
        raise DatasetError(
            tr("{path} is neither a folder nor a zip.", path=str(path)), tr("Name one of images.")
        )
    if not source.names and unnamed:
        raise DatasetError(
            trn(
                "{name} holds no image. {count} has a name that cannot be read.",
                "{name} holds no image. {count} have names that cannot be read.",
                len(unnamed),
                name=path.name,
            ),
            tr("Choose another."),
        )
    if not source.names:
        raise DatasetError(tr("{name} holds no image.", name=path.name), tr("Choose another."))
    return source


def _chosen(names: list[str], read: Callable[[str], bytes]) -> ImageSource:
    images = (name for name in names if is_image_name(name) and not is_junk(name))
    return ImageSource(tuple(sorted(images)), read)


def _read_file(path: Path, name: str) -> bytes:
    try:
        _check_size(name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise InvalidImageError(
            tr("{name} cannot be read: {error}.", name=name, error=str(error.strerror))
        ) from error


def _zip_source(path: Path) -> ImageSource:
    try:
        archive = zipfile.ZipFile(path)
    except _UNREADABLE as error:
        raise DatasetError(
            tr("{name} cannot be unpacked: {error}.", name=path.name, error=str(error)),
            tr("Pack the folder again as a zip."),
        ) from error
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}

    def read(name: str) -> bytes:
        _check_size(name, sizes[name])
        try:
            return archive.read(name)
        except _UNREADABLE as error:
            raise InvalidImageError(
                tr("{name} cannot be unpacked: {error}.", name=name, error=str(error))
            ) from error

    return _chosen(list(sizes), read)


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise InvalidImageError(
            tr(
                "{name} has {size} MB; the limit is {limit} MB.",
                name=name,
                size=number(size / 1e6),
                limit=number(MAX_FILE_BYTES / 1e6),
            )
        )
