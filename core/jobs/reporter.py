"""The worker's voice: `status.json` and the heartbeat of one run."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from core.errors import UnfreezeError
from core.jobs.process import record_process
from core.jobs.state import JobState, JobStatus, write_status
from core.logs import MAX_RUN_BYTES, keep_small

WRITE_SECONDS = 0.5
HEARTBEAT_SECONDS = 1.0


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Raised inside the worker when the run's `stop.request` appears."""


class Reporter:
    """Writes a run's status, and notices a request to stop.

    Args:
        run_dir: The run's folder.
    """

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self._status = JobStatus(state=JobState.RUNNING, phase="starting", started=time.time())
        self._written = 0.0
        self._phase_began = time.monotonic()
        self._first_done = 0
        self._stopped = threading.Event()
        self._stop_noticed = False

    def begin(self, before: JobStatus | None = None) -> None:
        """Says that the run is running, and keeps the heartbeat going from a thread.

        Args:
            before: What was said of it when it ended, where it goes on; its results stay until
                there are others.
        """
        if before is not None:
            self._status = dataclasses.replace(
                self._status, attempts=before.attempts + 1, results=before.results
            )
        record_process(self.run_dir / "process.json")
        self._beat()
        self._write()
        # Only now: until it says that it is running, the run must count as queued.
        for request in ("resume.request", "kill.request"):
            (self.run_dir / request).unlink(missing_ok=True)
        threading.Thread(target=self._keep_beating, daemon=True).start()

    def phase(self, name: str, total: int = 0, unit: str = "") -> None:
        """Begins a phase of `core.runs.run.PHASES`."""
        self._phase_began = time.monotonic()
        self._first_done = -1
        self._status = dataclasses.replace(
            self._status, phase=name, done=0, total=total, unit=unit, seconds_left=None
        )
        self._write()

    def advance(self, done: int, total: int) -> None:
        """Says how far the phase is.

        Raises:
            StopRequested: If a stop was asked for.
        """
        if self._first_done < 0:
            # A pass that goes on from stored rows, or a first step that compiles, says nothing
            # about the pace: time counts from the first report on.
            self._first_done, self._phase_began = done, time.monotonic()
        gained = done - self._first_done
        elapsed = time.monotonic() - self._phase_began
        left = elapsed / gained * (total - done) if gained else None
        self._status = dataclasses.replace(self._status, done=done, total=total, seconds_left=left)
        if time.monotonic() - self._written > WRITE_SECONDS or done == total:
            self._write()
        self.check_stop()

    def check_stop(self) -> None:
        """Raises `StopRequested` once, if a stop was asked for."""
        if not self._stop_noticed and (self.run_dir / "stop.request").exists():
            self._stop_noticed = True
            raise StopRequested

    def finish(self, state: JobState, results: dict[str, Any]) -> None:
        """Ends the run as `completed` or `stopped`."""
        self._end(state, results=results or self._status.results)

    def fail(self, error: UnfreezeError, details: str = "") -> None:
        """Ends the run as `failed`, with what a person needs to know."""
        try:
            self._end(JobState.FAILED, error=error.record(details))
        except OSError:
            self._end_without_room(error)

    def _end_without_room(self, error: UnfreezeError) -> None:
        """Says that the run failed where the disk has no room for one file more.

        The status then goes where the last one is. Without the details it fits into the block that
        the file has already.
        """
        self._status = dataclasses.replace(self._status, error=error.record())
        content = json.dumps(self._status.to_dict()).encode()
        with (self.run_dir / "status.json").open("r+b") as file:
            file.write(content)
            file.truncate()

    def _end(self, state: JobState, **changes: Any) -> None:
        self._stopped.set()
        self._status = dataclasses.replace(
            self._status, state=state, finished=time.time(), seconds_left=None, **changes
        )
        self._write()
        if state is JobState.COMPLETED:
            shutil.rmtree(self.run_dir / "checkpoints", ignore_errors=True)

    def _write(self) -> None:
        write_status(self.run_dir, self._status)
        self._written = time.monotonic()

    def _beat(self) -> None:
        (self.run_dir / "heartbeat").touch()

    def _keep_beating(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            # A disk that is full or gone for a moment must not end the heart for ever.
            with contextlib.suppress(OSError):
                self._beat()
            # A library's warning in every batch of a long run would fill the disk.
            for log in ("worker.log", "helpers.log"):
                keep_small(self.run_dir / log, MAX_RUN_BYTES)
