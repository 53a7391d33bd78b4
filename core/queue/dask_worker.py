"""What the app adds to a Dask worker: `dask worker --preload core.queue.dask_worker` lets it keep a
warm worker; tasks ask here for the Dask worker that they run on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from core.jobs.gpus import gpu_names
from core.queue.warm import WarmWorker
from core.settings import Settings

_NAME = "unfreeze-warm"


def dask_setup(worker: Any) -> None:
    """Let a Dask worker keep a warm one; Dask calls it for `--preload`."""
    settings = Settings.from_environment()
    if settings.warm and not gpu_names():
        worker.extensions[_NAME] = WarmWorker(settings.queue_dir)


def dask_teardown(worker: Any) -> None:
    """End the warm worker of a Dask worker that ends in order."""
    warm = worker.extensions.pop(_NAME, None)
    if warm is not None:
        warm.close()


@contextmanager
def at_work() -> Iterator[WarmWorker | None]:
    """Opened by a Dask worker's task while it works; no warm one is started meanwhile.

    Yields:
        The worker's; None where it keeps none, and outside of a Dask worker.
    """
    worker = dask_worker()
    warm: WarmWorker | None = worker.extensions.get(_NAME) if worker is not None else None
    with nullcontext() if warm is None else warm.busy():
        yield warm


def dask_worker() -> Any | None:
    """The Dask worker whose task asks, or None."""
    distributed = sys.modules.get("distributed")
    try:
        return distributed.get_worker() if distributed else None
    except ValueError:
        return None  # not called by a Dask worker
