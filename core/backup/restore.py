"""Puts a backup back into an empty workspace: whole, or not at all."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from core.backup.save import BEGINNING, END, VERSION
from core.datasets.archive_source import as_tar
from core.errors import BackupError
from core.settings import Settings

_DAMAGED = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    KeyError,
    OverflowError,  # a moment or a place that no file has
    RecursionError,
)
_DAMAGED_WORDS = "Use another backup; this one is damaged or was made by something else."


def restore(settings: Settings, file: Path) -> int:
    """Unpacks a backup that `save` made.

    Args:
        settings: Names the workspace, which must be empty or missing.
        file: The backup.

    Returns:
        How many files were put back.

    Raises:
        BackupError: If the workspace is not empty, or the backup is damaged or wants to write
            elsewhere. The workspace is left as it was then.
    """
    workspace = settings.workspace
    try:
        if workspace.exists() and any(workspace.iterdir()):
            raise BackupError(
                f"{workspace} is not empty.", "Name an empty folder in UNFREEZE_WORKSPACE."
            )
        workspace.mkdir(parents=True, exist_ok=True)
        with _staging(workspace) as folder:
            count = _unpack(file, folder)
            for path in folder.iterdir():
                path.rename(workspace / path.name)
    except _DAMAGED as error:
        raise BackupError(f"{file} cannot be read: {error}.", _DAMAGED_WORDS) from error
    except OSError as error:
        what = f"The backup cannot be restored: {error}."
        raise BackupError(what, "See to the disk, then try again.") from error
    return count


@contextmanager
def _staging(workspace: Path) -> Iterator[Path]:
    """A folder on the workspace's disk, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=workspace, prefix=".restore-") as folder:
        yield Path(folder)


def _unpack(file: Path, folder: Path) -> int:
    count, told, beginning = 0, None, False
    with file.open("rb") as opened, _tar(opened) as tar:
        for member in tar:
            if member.name in (BEGINNING, END):
                record = _record(tar, member)
                beginning = beginning or record.get("version") == VERSION
                told = record.get("files", told)
                continue
            if not beginning:
                raise BackupError(f"{file} is no backup of this version.", _DAMAGED_WORDS)
            _extract(tar, member, folder)
            count += 1
    if not beginning or told != count:
        raise BackupError(f"{file} is cut off: it holds {count:,} files.", _DAMAGED_WORDS)
    return count


def _tar(opened: IO[bytes]) -> tarfile.TarFile:
    tar = as_tar(opened)
    if tar is None:
        raise tarfile.ReadError("it is no tar")
    return tar


def _record(tar: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, int]:
    source = tar.extractfile(member)
    record = json.loads(source.read(1000)) if source is not None else {}
    if not isinstance(record, dict):
        raise ValueError(f"{member.name} is no object")
    return record


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = PurePosixPath(member.name)
    inside = path.parts and not path.is_absolute() and ".." not in path.parts
    if (
        not inside
        or not member.isreg()
        or member.size < 0
        or "\\" in member.name
        or "\0" in member.name
    ):
        raise BackupError(
            f"The backup holds {member.name!r}, which is no plain file inside a workspace.",
            _DAMAGED_WORDS,
        )
    if member.size > shutil.disk_usage(folder).free:
        raise BackupError("There is no space left on the disk.", "Make room first.")
    source, target = tar.extractfile(member), folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    # `x`: the second of two members of one name must not replace the first.
    with target.open("xb") as copy:
        if source is not None:
            shutil.copyfileobj(source, copy)
    os.utime(target, (member.mtime, member.mtime))
