"""Sees to it that queued jobs are done: a thread of the web server.

The jobs' folders are the record. While one is queued and a worker has a place for it, the thread
gives the scheduler a task that works the queue off; so a scheduler that died, or forgot, loses
nothing.
"""

from __future__ import annotations

import errno
import logging
import shutil
import threading
from typing import TYPE_CHECKING

from core.errors import QueueError
from core.jobs.job import SHORT, SLOT, start_here
from core.jobs.lock import Lock, take
from core.language import tr
from core.logs import keep_small
from core.queue import scheduler
from core.queue.supervisor import startable, work_off
from core.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

POLL_SECONDS = 1.0
CLOSE_SECONDS = 10.0
# A run that cannot even write its status would only fail without a word.
MIN_FREE_BYTES = 50_000_000
# The workspace has gone wrong, not a connection.
_UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT)
_LOGS = ("scheduler", "worker", "tensorboard", "warm")
_LOG = logging.getLogger(__name__)


class Dispatcher:
    """Hands the work to the queue.

    Args:
        settings: Names the workspace and the scheduler.

    Attributes:
        error: Why queued runs do not start, or None.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)
        self._client: Client | None = None
        self._lock: Lock | None = None
        self._warm = False
        self.error: QueueError | None = None

    def start(self) -> None:
        """Starts the thread, which starts the queue's processes: the first run need not wait."""
        self._thread.start()

    def wake(self) -> None:
        """Tells the thread that there is a new run."""
        self._woken.set()

    def close(self) -> None:
        """Ends the thread and waits for it; the queue's processes stay."""
        self._ended.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            return  # it waits for a scheduler that does not answer, and ends with the process
        self._disconnect()
        if self._lock is not None:
            self._lock.release()

    def dispatch(self) -> None:
        """Give the scheduler as many tasks as there are jobs that can begin and free places.

        Raises:
            QueueError: If no scheduler can be reached, or the workspace cannot be written to.
        """
        if not self._leads():
            return  # another server of this workspace does it
        workspace = self._settings.workspace
        queued = {needs: startable(workspace, needs) for needs in (SHORT, SLOT)}
        if self._warm and not any(queued.values()):
            # Somebody may end the processes now: a client would complain, and must not start them.
            self._disconnect()
            return
        client = self._connected()
        self._warm = True
        if not any(queued.values()):
            return
        self._check_disk()
        scheduler.keep_worker(self._settings, client)
        for needs, jobs in queued.items():
            places = scheduler.places(client, needs)
            if needs == SHORT and not places and scheduler.workers(client):
                for job in jobs:
                    start_here(job)  # workers that were started by hand may offer slots alone
            for _ in range(min(len(jobs), places - scheduler.tasks(client, needs))):
                self._submit(client, needs)

    @property
    def leads(self) -> bool:
        """Whether the last `dispatch` was this one's to do, and not another server's."""
        return self._lock is not None

    def _leads(self) -> bool:
        """Takes the workspace for this dispatcher, where no other has it."""
        if self._lock is not None:
            return True
        try:
            self._settings.queue_dir.mkdir(parents=True, exist_ok=True)
            self._lock = take(self._settings.queue_dir / "dispatcher.lock")
        except OSError as error:
            raise _unwritable(error) from error
        return self.leads

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self._settings.workspace).free
        if free < MIN_FREE_BYTES:
            raise QueueError(
                tr(
                    "The disk is full: {free} MB are free, so no run is started.",
                    free=round(free / 1e6),
                ),
                tr("Delete runs, data sets or stored features."),
            )

    def _connected(self) -> Client:
        if self._client is None or self._client.status != "running":
            self._disconnect()
            self._client = scheduler.connect(self._settings)
        return self._client

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.close(timeout=1)
            self._client = None

    def _submit(self, client: Client, needs: str) -> None:
        from distributed import fire_and_forget

        future = scheduler.submit(client, needs, work_off, str(self._settings.workspace), needs)
        # The scheduler keeps the task although this client may go away.
        fire_and_forget(future)

    def _loop(self) -> None:
        while not self._ended.is_set():
            try:
                self.dispatch()
                self.error = None
            except QueueError as error:
                self.error = error
            except OSError as error:
                if error.errno in _UNWRITABLE:
                    self.error = _unwritable(error)
                # Dask's connection errors are OSErrors; the next turn connects anew.
                _LOG.warning("the queue is not reachable: %s", error)
                self._disconnect()
            self._keep_logs_small()
            self._woken.wait(POLL_SECONDS)
            self._woken.clear()

    def _keep_logs_small(self) -> None:
        """The queue's processes write for months."""
        if self._lock is not None:
            for name in _LOGS:
                keep_small(self._settings.queue_dir / f"{name}.log")


def _unwritable(error: OSError) -> QueueError:
    return QueueError(
        tr("The workspace cannot be written to: {error}.", error=str(error.strerror or error)),
        tr("Give the app the right to write there."),
    )
