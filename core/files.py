"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

T = TypeVar("T")
FileVersion = tuple[int, int]
_YOUNG_NS = 2_000_000_000


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Lets `write` fill a temporary file beside `path`, then puts it in `path`'s place whole.

    Args:
        path: The file to create or replace; its folder is created where it is missing.
        write: Called with the temporary file's path, which ends like `path` does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)  # mkstemp makes files that only their owner reads
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, values: Any) -> None:
    """Writes `values` as JSON, replacing `path` whole."""
    text = json.dumps(values, indent=1, ensure_ascii=False)
    replace_file(path, lambda part: _write_text(part, text))


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


def file_version(path: Path) -> FileVersion:
    """What changes whenever `replace_file` does.

    Raises:
        OSError: If there is no such file.
    """
    return version_of(path.stat())


def version_of(found: os.stat_result) -> FileVersion:
    """The version of what was asked for already."""
    return (found.st_ino, found.st_mtime_ns)


def is_young(version: FileVersion) -> bool:
    """Whether it may change once more and stay the same: a clock has ticks."""
    return time.time_ns() - version[1] < _YOUNG_NS


def read_kept(kept: Callable[[Path, FileVersion], T], path: Path, version: FileVersion) -> T:
    """Reads through `functools.lru_cache`; past it while the file is young.

    Args:
        kept: A reader in an `lru_cache`.
        path: What it reads.
        version: The file's, as it was found before.
    """
    if is_young(version):
        past: Callable[[Path, FileVersion], T] = kept.__wrapped__  # type: ignore[attr-defined]
        return past(path, version)
    return kept(path, version)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def locked_or_closed(handle: IO[str]) -> IO[str] | None:
    """Locks an open file without waiting; the lock goes when the file or its process does.

    Returns:
        The file, or None where another process holds its lock: the file is closed then.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle
