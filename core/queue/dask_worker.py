"""What the app adds to a Dask worker: `dask worker --preload core.queue.dask_worker` lets it keep a
spare process; tasks ask here for the worker that they run on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from core.jobs.gpus import gpu_names
from core.queue.warm import Spares
from core.settings import Settings

_NAME = "unfreeze-spares"


def dask_setup(worker: Any) -> None:
    """Lets a Dask worker keep a spare; Dask calls it for `--preload`."""
    settings = Settings.from_environment()
    if settings.warm and not gpu_names():
        worker.extensions[_NAME] = Spares(settings.queue_dir)


def dask_teardown(worker: Any) -> None:
    """Ends the spare of a Dask worker that ends in order."""
    spares = worker.extensions.pop(_NAME, None)
    if spares is not None:
        spares.close()


@contextmanager
def at_work() -> Iterator[Spares | None]:
    """Opened by a Dask worker's task while it works; no spare is started meanwhile.

    Yields:
        The worker's; None where it keeps none, and outside of a Dask worker.
    """
    worker = dask_worker()
    spares: Spares | None = worker.extensions.get(_NAME) if worker is not None else None
    with nullcontext() if spares is None else spares.busy():
        yield spares


def dask_worker() -> Any | None:
    """The Dask worker whose task asks, or None."""
    distributed = sys.modules.get("distributed")
    try:
        return distributed.get_worker() if distributed else None
    except ValueError:
        return None  # not called by a Dask worker
