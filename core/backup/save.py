"""Takes a backup of a workspace that is in use.

Files are replaced whole by their one writer, so that each that is copied is a whole one. What says
that others are there (`status.json`, `dataset.json`) is copied before them: a run that ends
meanwhile is in the backup as one that was going on, and can be resumed. A run that goes on reads as
failed after a restore and goes on from its last checkpoint.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from core.errors import BackupError
from core.settings import Settings

BEGINNING = "unfreeze-backup.json"
END = "unfreeze-backup-end.json"
VERSION = 1
DATABASE = "team.db"
# Computed again, downloaded again, or of this machine alone.
_LEFT_OUT = ("features", "downloads", "queue", "logs")
_TEMPORARY = (".part-", ".import-", ".restore-", f"{DATABASE}-")
_FIRST = ("status.json", "dataset.json", "edits.json")
# Larger files are never appended to: only whole ones take their place.
_AT_ONCE = 64_000_000


@dataclass(frozen=True)
class Saved:
    """Contents of a backup.

    Attributes:
        files: How many.
        bytes: Their size together.
        left_out: Links and files that could not be read, relative to the workspace.
    """

    files: int
    bytes: int
    left_out: tuple[str, ...]


def save(settings: Settings, file: Path, features: bool = False) -> Saved:
    """Writes a backup; a file of that name is replaced once the backup is whole.

    Args:
        settings: Names the workspace.
        file: A tar; packed where its name ends in `.gz`.
        features: Whether stored features are taken too; they are computed again without.

    Raises:
        BackupError: If there is no workspace, or the backup cannot be written.
    """
    if not settings.workspace.is_dir():
        raise BackupError(f"There is no workspace {settings.workspace}.", "Set UNFREEZE_WORKSPACE.")
    left_out = set(_LEFT_OUT) - ({"features"} if features else set())
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".part-")  # its owner's alone
        with ExitStack() as stack:
            stack.callback(Path(name).unlink, missing_ok=True)
            opened = stack.enter_context(os.fdopen(handle, "wb"))
            saved = _write(settings.workspace, opened, file.suffix == ".gz", left_out)
            opened.close()
            Path(name).replace(file)
    except OSError as error:
        what = f"The backup cannot be written: {error.strerror or error}."
        raise BackupError(what, "See to the disk, then try again.") from error
    return saved


def _write(workspace: Path, opened: io.BufferedWriter, packed: bool, left_out: set[str]) -> Saved:
    count, size, missed = 0, 0, []
    with tarfile.open(fileobj=opened, mode="w:gz" if packed else "w") as tar:
        _add(tar, BEGINNING, json.dumps({"version": VERSION, "created": time.time()}).encode())
        for path in _files(workspace, left_out):
            name = path.relative_to(workspace).as_posix()
            try:
                written = _copy(tar, path, name)
            except FileNotFoundError:
                continue  # it was deleted meanwhile
            except PermissionError:
                written = None
            if written is None:
                missed.append(name)
            else:
                count, size = count + 1, size + written
        _add(tar, END, json.dumps({"files": count}).encode())
    return Saved(count, size, tuple(missed))


def _files(workspace: Path, left_out: set[str]) -> Iterator[Path]:
    """Every file, the ones that speak of others first; a folder is listed when it is its turn."""
    waiting = [workspace]
    while waiting:
        folder = waiting.pop()
        yield from (path for name in _FIRST if (path := folder / name).is_file())
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue  # deleted meanwhile
        for path in entries:
            if path.name.startswith(_TEMPORARY) or (folder == workspace and path.name in left_out):
                continue
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)
            elif path.name not in _FIRST:
                yield path


def _copy(tar: tarfile.TarFile, path: Path, name: str) -> int | None:
    """Copies one file; None for what is no file."""
    if path.is_symlink() or not path.is_file():
        return None
    if name == DATABASE:
        return _copy_database(tar, path)
    with path.open("rb") as source:
        facts = os.fstat(source.fileno())
        if facts.st_size <= _AT_ONCE:
            return _add(tar, name, source.read(), facts.st_mtime)
        info = _info(name, facts.st_size, facts.st_mtime)
        tar.addfile(info, source)
        return facts.st_size


def _copy_database(tar: tarfile.TarFile, path: Path) -> int:
    """SQLite's own way of copying a database that others write to."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as target:
            live.backup(target)
        return _add(tar, DATABASE, copy.read_bytes())


def _add(tar: tarfile.TarFile, name: str, content: bytes, changed: float = 0.0) -> int:
    tar.addfile(_info(name, len(content), changed or time.time()), io.BytesIO(content))
    return len(content)


def _info(name: str, size: int, changed: float) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, int(changed), 0o644
    return info
