"""What only POSIX systems offer, each with what happens elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import IO, Any

_MODES = sys.platform != "win32"


def limit_process(memory_bytes: int) -> None:
    """Let this process use so much memory and write no file; elsewhere, nothing is limited.

    A process that decodes is then ended by its parent alone, once it takes too long.
    """
    try:
        import resource
    except ImportError:
        return
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(limit, (most, most))


def reserve_space(file: IO[Any], size: int) -> None:
    """Take room on the disk for a file; elsewhere, the file only grows to that size.

    Args:
        file: Open for writing.
        size: In bytes.

    Raises:
        OSError: If there is no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.truncate(size)


def open_to_others(facts: os.stat_result, mode: int = stat.S_IRWXG | stat.S_IRWXO) -> bool:
    """Whether other users have one of the rights in `mode`; elsewhere, nobody can tell."""
    return _MODES and bool(facts.st_mode & mode)


def belongs_to_another(facts: os.stat_result) -> bool:
    """Whether a file is neither this user's nor root's; elsewhere, nobody can tell."""
    return hasattr(os, "geteuid") and facts.st_uid not in (os.geteuid(), 0)
