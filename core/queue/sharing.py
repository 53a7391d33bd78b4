"""Free workers of the queue are asked to help a run with its pass over the images.

A run's process leads its pass and knows no machine by name: it gives the scheduler one task for
each free slot, as long as no run waits for one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from itertools import chain, repeat
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from core.errors import QueueError
from core.jobs.job import SLOT
from core.jobs.process import host, record_process
from core.queue import scheduler
from core.queue.dask_worker import at_work
from core.queue.supervisor import start, startable
from core.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

# Workers are asked at once, then every second for as long as one may just be ending what it did.
CALL_SECONDS = 1.0
CALLS = 20
LATER_CALL_SECONDS = 5.0
# What a helper answers that would compute something else than the leader.
REFUSED = 3
_MODULE = "core.training.helper"
_LOG = logging.getLogger(__name__)


def help_run(run_dir: str, key: str, taps: Sequence[str]) -> int:
    """What a Dask worker does: helps a run, in a process of its own.

    Args:
        run_dir: The run's folder.
        key: Of the stored features that are meant.
        taps: What is stored in the same pass.

    Returns:
        The process's exit code.
    """
    with at_work() as warm:
        command = [_MODULE, run_dir, key, *taps]
        process = start(command, Path(run_dir) / "helpers.log", warm)
        record = helper_record(Path(run_dir), process.pid)
        record_process(record, process.pid)
        code = process.wait()
        record.unlink(missing_ok=True)
        return code


def helper_record(run_dir: Path, pid: int) -> Path:
    """Record of a helper process on this machine."""
    return run_dir / f"helper-{host()}-{pid}.json"


class Helpers:
    """Asks free workers again and again, from a thread, while it is open.

    Args:
        settings: Names the workspace and the scheduler.
        run_dir: The run's folder.
        key: As of `help_run`.
        taps: As of `help_run`.
    """

    def __init__(self, settings: Settings, run_dir: Path, key: str, taps: Sequence[str]) -> None:
        self._settings = settings
        self._task = (str(run_dir), key, list(taps))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="helpers", daemon=True)
        self._client: Client | None = None
        self._given: list[Any] = []

    def __enter__(self) -> Helpers:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Asks nobody any more; who helps already ends by itself."""
        self._ended.set()
        # Not for ever: the scheduler may just have died.
        self._thread.join(scheduler.CONNECT_SECONDS)
        if self._client is not None:
            self._client.close(timeout=1)

    def call(self) -> bool:
        """Gives a task to each free slot.

        Returns:
            Whether it makes sense to call again.
        """
        client = self._connected()
        if client is None or any(self._refused(future) for future in self._given):
            return False
        if startable(self._settings.workspace, SLOT):
            return True  # a run that waits goes first
        self._given = [future for future in self._given if not future.done()]
        free = scheduler.places(client, SLOT) - scheduler.tasks(client, SLOT)
        self._given += [scheduler.submit(client, SLOT, help_run, *self._task) for _ in range(free)]
        return True

    @staticmethod
    def _refused(future: Any) -> bool:
        return bool(future.status == "finished" and future.result() == REFUSED)

    def _connected(self) -> Client | None:
        if self._client is None:
            self._client = scheduler.try_connect(self._settings)
        return self._client

    def _loop(self) -> None:
        try:
            waits = chain(repeat(CALL_SECONDS, CALLS), repeat(LATER_CALL_SECONDS))
            while self.call() and not self._ended.wait(next(waits)):
                pass
        except (QueueError, OSError) as error:
            _LOG.warning("nobody can be asked to help: %s", error)
