"""Whether an installation can serve: what a load balancer asks for every few seconds."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass

from sqlalchemy import text

from core.errors import TeamError
from core.jobs.process import host, recorded_host, recorded_process
from core.queue import scheduler
from core.queue.dispatcher import Dispatcher
from core.settings import Settings
from core.team.database import TeamDatabase

# Whoever asks more often gets the last answer.
_KEPT_SECONDS = 1.0


@dataclass(frozen=True)
class Health:
    """What was found.

    Attributes:
        workspace: Whether files can be written there.
        database: Whether the team's database answers.
        scheduler: Whether the queue's scheduler is there; None where this server has no queue.
        queue: Whether a run that is queued now would start, or start the scheduler first.
    """

    workspace: bool
    database: bool
    scheduler: bool | None
    queue: bool

    @property
    def serviceable(self) -> bool:
        """Whether users can work here: a scheduler that was stopped starts with the next run."""
        return self.workspace and self.database and self.queue


class Examiner:
    """Finds out how a server is; threads may share it.

    Args:
        settings: Of the installation.
        dispatcher: The server's; None where the queue is off.
    """

    def __init__(self, settings: Settings, dispatcher: Dispatcher | None) -> None:
        self._settings, self._dispatcher = settings, dispatcher
        self._database = TeamDatabase(settings.database_url)
        self._lock = threading.Lock()
        self._last: tuple[float, Health] | None = None

    def health(self) -> Health:
        """Return how the server is, at most a second old."""
        with self._lock:
            now = time.monotonic()
            if self._last is None or now - self._last[0] > _KEPT_SECONDS:
                self._last = (time.monotonic(), self._found())
            return self._last[1]

    def close(self) -> None:
        """Give the database's connections back."""
        self._database.close()

    def _found(self) -> Health:
        queue = self._dispatcher is None or self._dispatcher.error is None
        return Health(self._is_writable(), self._has_database(), self._has_scheduler(), queue)

    def _is_writable(self) -> bool:
        try:
            self._settings.workspace.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._settings.workspace) as file:
                file.write(b"x")
        except OSError:
            return False
        return True

    def _has_database(self) -> bool:
        try:
            with self._database.reading() as session:
                session.execute(text("SELECT 1"))
        except TeamError:
            return False
        return True

    def _has_scheduler(self) -> bool | None:
        if self._dispatcher is None:
            return None
        record = scheduler.record(self._settings, "scheduler")
        if self._settings.scheduler or recorded_host(record) not in ("", host()):
            return self._dispatcher.error is None  # of another machine, which it is connected to
        return recorded_process(record) is not None
