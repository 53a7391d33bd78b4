"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
FileVersion = tuple[int, int]
_YOUNG_NS = 2_000_000_000
_MOST_WHOLE = 1 << 63
_MOST_DIGITS = 20  # with a sign


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then replace `path` with it atomically.

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
    """Reads a JSON file, whoever wrote it.

    Raises:
        OSError: If it cannot be read, or is no file: a pipe would be waited for.
        ValueError: If it is not JSON, or holds what nothing here can go on with: whole numbers
            beyond 64 bits, halves of characters, lists within lists without end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path.name} is no file")
    return parse_json(path.read_text(encoding="utf-8"))


def parse_json(text: str | bytes) -> Any:
    """Parse JSON with the checks of `read_json`.

    Raises:
        ValueError: Likewise.
    """
    text = text.decode("utf-8") if isinstance(text, bytes) else text
    try:
        values = json.loads(text, parse_int=_whole_number)
        if "\\u" in text:
            json.dumps(values, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return values


def _whole_number(digits: str) -> int:
    value = int(digits) if len(digits) <= _MOST_DIGITS else _MOST_WHOLE
    if not -_MOST_WHOLE <= value < _MOST_WHOLE:
        raise ValueError(f"a number of more than 64 bits: {digits:.30}")
    return value


def leads_out(folder: Path) -> Path | None:
    """Find a link to elsewhere, or something that is neither file nor folder; None where all is
    well.

    A folder that somebody copied here may hold such: its files are shown and given away.

    Args:
        folder: Looked through whole, without following links.
    """
    return _leads_out(folder, folder.resolve())


def _leads_out(folder: Path, inside: Path) -> Path | None:
    with suppress(OSError), os.scandir(folder) as entries:  # it may go meanwhile
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                continue  # nearly all are, of thousands of runs: no `Path` is made of them
            path = Path(entry.path)
            if entry.is_symlink():
                found = None if path.resolve().is_relative_to(inside) else path
            elif entry.is_dir(follow_symlinks=False):
                found = _leads_out(path, inside)
            else:
                found = path
            if found is not None:
                return found
    return None


def file_version(path: Path) -> FileVersion:
    """Version of a file that changes with every `replace_file`.

    Raises:
        OSError: If there is no such file.
    """
    return version_of(path.stat())


def version_of(found: os.stat_result) -> FileVersion:
    """The version of what was asked for already."""
    return (found.st_ino, found.st_mtime_ns)


def is_young(version: FileVersion) -> bool:
    """Return True if the file may change again within the clock's resolution."""
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
