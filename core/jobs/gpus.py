"""Which GPU a run trains on: one for each, unless it asks for all of this machine's.

Who uses a GPU holds the lock of its file. The training process inherits the lock, so the GPU stays
taken when the Dask worker dies, and is free when the training process ends, however it does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.files import locked_or_closed
from core.jobs.process import host

POLL_SECONDS = 0.25
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_DRIVER = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True)
class Share:
    """What a process may use.

    Attributes:
        environment: Variables for it.
        handles: Open files that it inherits.
    """

    environment: Mapping[str, str]
    handles: tuple[int, ...]


def gpu_names() -> list[str]:
    """This machine's GPUs, or those of them that the environment allows; without TensorFlow."""
    allowed = os.environ.get(_VISIBLE)
    if allowed is not None:
        names = [name.strip() for name in allowed.split(",")]
        return [name for name in names if name not in ("", "-1")]
    return [str(number) for number, _ in enumerate(_DRIVER.iterdir())] if _DRIVER.is_dir() else []


@contextmanager
def taken(folder: Path, every: bool, wanted: Callable[[], bool]) -> Iterator[Share | None]:
    """Takes a GPU, or all of them; waits until they are free.

    Args:
        folder: Where the locks are, one file a GPU of each host.
        every: Whether all are needed.
        wanted: Asked while waiting; False gives up.

    Yields:
        What was taken; empty on a machine without GPUs, and None where it was given up.
    """
    names = gpu_names()
    needed = len(names) if every else min(1, len(names))
    held: dict[str, IO[str]] = {}
    with ExitStack() as stack:
        while len(held) < needed:
            # Who waits for all keeps those that it has, and takes them in the same order as
            # everybody, so that two never wait for each other.
            missing = [name for name in names if name not in held]
            for name in missing[:1] if every else missing:
                handle = _locked(folder, name)
                if handle is not None:
                    held[name] = stack.enter_context(handle)
                    break
            else:
                if not wanted():
                    yield None
                    return
                time.sleep(POLL_SECONDS)
        environment = {_VISIBLE: ",".join(held)} if held else {}
        yield Share(environment, tuple(handle.fileno() for handle in held.values()))


def _locked(folder: Path, name: str) -> IO[str] | None:
    folder.mkdir(parents=True, exist_ok=True)
    handle = (folder / f"gpu-{host()}-{name.replace('/', '-')}.lock").open("a")
    return locked_or_closed(handle)
