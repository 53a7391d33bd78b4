"""Hands queued runs to the queue: a thread of the web server.

The run folders are the record. The thread compares them with what the scheduler knows and submits
what it does not, so a scheduler that died, or forgot, loses nothing.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from core.config import Settings
from core.errors import QueueError
from core.runs import queue
from core.runs.run import Run, RunState
from core.runs.store import RunStore
from core.runs.supervisor import supervise

if TYPE_CHECKING:
    from distributed import Client

POLL_SECONDS = 1.0
_LOG = logging.getLogger(__name__)


class Dispatcher:
    """Submits queued runs, oldest first.

    Args:
        settings: Names the workspace and the scheduler.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = RunStore(settings.runs_dir)
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)
        self._client: Client | None = None
        self._submitted: dict[str, object] = {}
        self.error: QueueError | None = None

    def start(self) -> None:
        """Starts the thread, which starts the queue's processes where they are missing."""
        self._thread.start()

    def wake(self) -> None:
        """Tells the thread that there is a new run."""
        self._woken.set()

    def close(self) -> None:
        """Ends the thread and waits for it; the queue's processes stay."""
        self._ended.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def dispatch(self) -> None:
        """Submits every queued run that the scheduler does not know.

        Raises:
            QueueError: If no scheduler can be reached.
        """
        client = self._connected()
        queued = [run for run in self._store.list() if run.status.state is RunState.QUEUED]
        new = [run for run in queued if run.id not in self._submitted]
        if not new:
            return
        known = queue.known_runs(client)
        for run in sorted(new, key=lambda r: r.created):
            self._submitted[run.id] = None if run.id in known else _submit(client, run)

    def _connected(self) -> Client:
        if self._client is None or self._client.status != "running":
            self._client = queue.connect(self._settings)
            self._submitted = {}
        return self._client

    def _loop(self) -> None:
        while not self._ended.is_set():
            try:
                self.dispatch()
                self.error = None
            except QueueError as error:
                self.error = error
            except OSError as error:
                # Dask's connection errors are OSErrors; the next turn connects anew.
                _LOG.warning("the queue is not reachable: %s", error)
                self._client = None
            self._woken.wait(POLL_SECONDS)
            self._woken.clear()


def _submit(client: Client, run: Run) -> object:
    from distributed import fire_and_forget

    future = client.submit(
        supervise,
        str(run.path),
        key=run.id,
        resources={"slot": 1},
        priority=-int(run.created),
        pure=False,
    )
    # The scheduler keeps the task although this client may go away.
    fire_and_forget(future)
    return future
