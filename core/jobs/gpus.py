"""Assignment of GPUs to runs: one each, unless a run asks for all of this machine's.

The process that uses a GPU holds the lock of its file, and takes it before it imports TensorFlow.
So the GPU stays taken when the Dask worker dies, and is free when the process ends in any way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.jobs.lock import Lock, take
from core.jobs.process import host

POLL_SECONDS = 0.25
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_DRIVER = Path("/proc/driver/nvidia/gpus")


def gpu_names() -> list[str]:
    """This machine's GPUs, or those of them that the environment allows; without TensorFlow."""
    allowed = os.environ.get(_VISIBLE)
    if allowed is not None:
        names = [name.strip() for name in allowed.split(",")]
        return [name for name in names if name not in ("", "-1")]
    return [str(number) for number, _ in enumerate(_DRIVER.iterdir())] if _DRIVER.is_dir() else []


@contextmanager
def taken(folder: Path, every: bool, wanted: Callable[[], bool]) -> Iterator[bool]:
    """Take a GPU for this process, or all of them; wait until they are free.

    TensorFlow, which is imported later, sees those alone.

    Args:
        folder: Where the locks are, one file a GPU of each host.
        every: Whether all are needed.
        wanted: Asked while waiting; False gives up.

    Yields:
        Whether there is what was asked for, which is nothing on a machine without GPUs; False where
        it was given up.
    """
    names = gpu_names()
    needed = len(names) if every else min(1, len(names))
    held: list[str] = []
    with ExitStack() as stack:
        while len(held) < needed:
            # Who waits for all keeps those that it has, and takes them in the same order as
            # everybody, so that two never wait for each other.
            missing = [name for name in names if name not in held]
            for name in missing[:1] if every else missing:
                lock = _locked(folder, name)
                if lock is not None:
                    stack.enter_context(lock)
                    held.append(name)
                    break
            else:
                if not wanted():
                    yield False
                    return
                time.sleep(POLL_SECONDS)
        if held:
            os.environ[_VISIBLE] = ",".join(held)
        yield True


def _locked(folder: Path, name: str) -> Lock | None:
    folder.mkdir(parents=True, exist_ok=True)
    return take(folder / f"gpu-{host()}-{name.replace('/', '-')}.lock")
