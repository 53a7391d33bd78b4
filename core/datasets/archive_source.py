"""An archive's file, read in small pieces whatever it says of itself.

A name, a header or a list of members may claim to be gigabytes long, and what a few megabytes
unpack to may be as long as that: Python's readers take each of them into memory in one piece,
before anybody has counted.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

# What the members' content is copied in; whoever asks for more reads what the archive tells.
_PIECE = 1 << 18
# Of a zip's list, what one member takes: its name, mostly.
_ENTRY_BYTES = 1024
_ENTRY = b"PK\x01\x02"  # how the list in a zip begins each of its members
_TELLING = 16
_PACKED: tuple[tuple[re.Pattern[bytes], Callable[[IO[bytes]], Any]], ...] = (
    (re.compile(rb"\x1f\x8b\x08"), gzip.open),
    (re.compile(rb"BZh[1-9]1AY&SY"), bz2.open),
    (re.compile(rb"\xfd7zXZ\x00|\x5d\x00\x00"), lzma.open),
)


class Pieces(io.RawIOBase):
    """A file that gives no large piece.

    Args:
        file: Open for reading, at any place.
        entries: How many members a zip may list; 0 for a tar, which has no list.
    """

    def __init__(self, file: IO[bytes], entries: int = 0) -> None:
        self._file = file
        self._entries = entries
        self._most = max(_PIECE, entries * _ENTRY_BYTES)

    def read(self, size: int = -1, /) -> bytes:
        """Reads as any file does.

        Raises:
            ValueError: If the piece is too large, or what was packed is damaged.
        """
        if size < -1:
            raise ValueError("a length below nothing")
        try:
            data = self._file.read(self._most + 1 if size == -1 else min(size, self._most + 1))
        except OSError as error:
            if error.errno is not None:
                raise
            raise ValueError(str(error)) from error  # as bzip2 says that its content is damaged
        if len(data) > self._most:
            raise ValueError(f"a header or list of more than {self._most} bytes")
        if len(data) > _PIECE and data.count(_ENTRY) > self._entries:
            raise ValueError(f"a list of more than {self._entries} files")
        return data

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        """Goes to a place."""
        return self._file.seek(place, whence)

    def tell(self) -> int:
        """The place."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True: the stream can seek."""
        return True


def as_tar(file: IO[bytes]) -> tarfile.TarFile | None:
    """An open file as a tar, packed or not; None where it is none.

    Raises:
        tarfile.TarError: If it is packed, and there is no tar within.
        ValueError: If it is damaged; its reading raises that, too.
    """
    plain = _without_packing(file)
    try:
        return tarfile.open(fileobj=Pieces(plain), mode="r:")
    except tarfile.TarError:
        if plain is not file:
            raise
        return None


def copy_whole(source: IO[bytes], path: Path) -> None:
    """Writes a file that is not there yet; nothing is left of one that cannot be read whole.

    Raises:
        FileExistsError: If it is there.
    """
    whole = False
    # `x`: the second of two members of one name must not replace the first.
    with path.open("xb") as copy:
        try:
            while chunk := source.read(_PIECE):
                copy.write(chunk)
            copy.flush()
            whole = True
        finally:
            if not whole:
                path.unlink()


def _without_packing(file: IO[bytes]) -> IO[bytes]:
    """Contents of a gzip, bzip2 or xz file; other files as they are."""
    file.seek(0)
    beginning = file.read(_TELLING)
    file.seek(0)
    opener = next((opener for magic, opener in _PACKED if magic.match(beginning)), None)
    unpacked: IO[bytes] = opener(file) if opener else file
    return unpacked
