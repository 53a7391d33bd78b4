"""Sizes of folders on disk, without walking through all files every time.

A folder is measured again once a folder in it has changed, which replacing, adding or taking away
a file does. What was measured is kept in one file beside the folders, `.sizes.json`, for the next
process; it may be deleted at any time.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from core.files import is_young, version_of, write_json
from core.records import read_record

NAME = ".sizes.json"
# So many, and of many so large a part, may have to be measured again by the next process.
_UNWRITTEN, _PART = 20, 10
# Thousands are asked for at once; a `Path` of each would take three times as long.
_stat = os.stat


class _Measured(NamedTuple):
    """A folder's size in bytes, and when it and those in it last changed, in nanoseconds."""

    bytes: int
    changed: dict[str, int]


class FolderSizes:
    """Sizes of the folders beside one file.

    Args:
        index: The file that keeps them.
    """

    def __init__(self, index: Path) -> None:
        self._index = index
        self._kept = _read(index)
        self._unwritten = 0

    def of(self, folder: Path) -> int:
        """Size of a folder's files, in bytes; one whose files grow in place is not asked for here.

        Args:
            folder: A folder beside the index.
        """
        kept = self._kept.get(folder.name)
        if kept is not None and _holds(kept, folder):
            return kept.bytes
        found, settled = _measure(folder)
        if settled:
            self._kept[folder.name] = found
            self._unwritten += 1
            if self._unwritten >= max(_UNWRITTEN, len(self._kept) // _PART):
                self._write()
        return found.bytes

    def _write(self) -> None:
        self._unwritten = 0
        beside = self._index.parent
        self._kept = {name: m for name, m in dict(self._kept).items() if (beside / name).is_dir()}
        with suppress(OSError):  # where nothing can be written, it is measured again
            write_json(self._index, self._kept)


def kept_bytes(folder: Path) -> int:
    """Size of the files of a folder that no process writes to in place, in bytes."""
    return _beside(folder.parent).of(folder)


def folder_bytes(folder: Path) -> int:
    """Size of a folder's files as it is now, in bytes."""
    return _measure(folder)[0].bytes


@lru_cache(maxsize=16)
def _beside(parent: Path) -> FolderSizes:
    return FolderSizes(parent / NAME)


def _holds(kept: _Measured, folder: Path) -> bool:
    root = str(folder)
    try:
        return all(_stat(f"{root}/{p}").st_mtime_ns == t for p, t in kept.changed.items())
    except OSError:
        return False


def _measure(folder: Path) -> tuple[_Measured, bool]:
    """Walks through a folder; also tells whether all of it is old enough to be kept."""
    root, size, settled = str(folder), 0, True
    changed: dict[str, int] = {}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with suppress(FileNotFoundError, NotADirectoryError):  # temporary ones come and go
            version = version_of(_stat(f"{root}/{inside}"))
            settled = settled and not is_young(version)
            changed[inside] = version[1]
            with os.scandir(f"{root}/{inside}") as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{inside}{entry.name}/")
                        continue
                    with suppress(FileNotFoundError):
                        size += entry.stat().st_size
    return _Measured(size, changed), settled and bool(changed)


def _read(index: Path) -> dict[str, _Measured]:
    return read_record(index, _measured, {})


def _measured(values: dict[str, Any]) -> dict[str, _Measured]:
    found = {
        str(name): _Measured(int(size), {str(p): int(t) for p, t in changed.items()})
        for name, (size, changed) in values.items()
    }
    return {name: measured for name, measured in found.items() if measured.changed}
