"""The files below a folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def is_text(name: str) -> bool:
    """Return True if a file name is valid text: on Linux it may be any bytes."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def folders_in(root: Path) -> list[Path]:
    """The folders right in another, without links that lead elsewhere; none where it is missing."""
    found = root.iterdir() if root.is_dir() else ()
    inside = root.resolve()
    return [path for path in found if path.is_dir() and path.resolve().is_relative_to(inside)]


def files_below(root: Path) -> tuple[list[str], list[str]]:
    """Lists the files below a folder, without links: they may lead anywhere.

    Args:
        root: The folder.

    Returns:
        Paths relative to it, with `/` between parts; and those whose names are no text, as far as
        they can be written down.
    """
    files, unnamed = [], []
    for folder, _, names in os.walk(root):
        inside = Path(folder).relative_to(root).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        for name in names:
            path = prefix + name
            if not _is_file(f"{folder}/{name}"):
                continue
            if is_text(path):
                files.append(path)
            else:
                unnamed.append(os.fsencode(path).decode("utf-8", "replace"))
    return files, unnamed


def _is_file(path: str) -> bool:
    """Return True for a regular file, judged by the directory entry itself: links do not count."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False  # it went while the folder was being listed
