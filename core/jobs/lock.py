"""Locks between processes, on every system: a lock goes with the process that holds it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

_POLL_SECONDS = 0.05


class Lock:
    """A file's lock that this process holds until `release`, the block's end or its own.

    Args:
        held: What holds it.
    """

    def __init__(self, held: FileLock) -> None:
        self._held = held

    def release(self) -> None:
        """Gives the lock back; the file stays."""
        self._held.release(force=True)

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def take(path: Path) -> Lock | None:
    """Take a file's lock without waiting.

    Args:
        path: The file, made where it is missing; its folder is there.

    Returns:
        The lock, or None where another process, or another part of this one, holds it.

    Raises:
        OSError: If the file cannot be opened.
    """
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return Lock(lock)


def wait_for(path: Path, check: Callable[[], object] = lambda: None) -> Lock:
    """Take a file's lock, and wait for it as long as it takes.

    Args:
        path: As of `take`.
        check: Called while waiting; may raise to give up.
    """
    while (lock := take(path)) is None:
        check()
        time.sleep(_POLL_SECONDS)
    return lock
