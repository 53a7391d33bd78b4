"""A job's voice: `status.json` and the heartbeat in its folder."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from core.errors import UnfreezeError
from core.jobs.process import record_process
from core.jobs.state import JobState, JobStatus, write_status
from core.language import Words
from core.logs import MAX_RUN_BYTES, keep_small

WRITE_SECONDS = 0.5
HEARTBEAT_SECONDS = 1.0
STOP_LOOK_SECONDS = 0.3


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Raised inside a job's process when its `stop.request` appears."""


class Reporter:
    """Writes a job's status, and notices a request to stop.

    Args:
        folder: The job's folder.
        stop_seconds: How long the process may go on after a stop before it ends itself; None for
            as long as it takes.
    """

    def __init__(self, folder: Path, stop_seconds: float | None = None) -> None:
        self.folder = folder
        self._stop_seconds = stop_seconds
        self._status = JobStatus(JobState.RUNNING, "starting", started=time.time())
        self._written = 0.0
        self._phase_began = time.monotonic()
        self._first_done = 0
        self._ended = threading.Event()
        self._stop_noticed = False

    def begin(self, before: JobStatus | None = None) -> None:
        """Say that the job is running, and keep the heartbeat going from a thread.

        Args:
            before: What was said of it when it ended, where it goes on; its results stay until
                there are others.
        """
        if before is not None:
            self._status = dataclasses.replace(
                self._status, attempts=before.attempts + 1, results=before.results
            )
        record_process(self.folder / "process.json")
        self._beat()
        self._write()
        # Only now: until it says that it is running, the job must count as queued.
        for request in ("resume.request", "kill.request"):
            (self.folder / request).unlink(missing_ok=True)
        threading.Thread(target=self._keep_beating, daemon=True).start()
        if self._stop_seconds is not None:
            threading.Thread(target=self._watch, args=(self._stop_seconds,), daemon=True).start()

    def phase(self, name: str, total: int = 0, unit: str = "") -> None:
        """Begin a phase, one of `core.runs.run.PHASES`."""
        self._now(phase=name, total=total, unit=unit)

    def say(self, words: str, total: int = 0) -> None:
        """Begin something new, such as "Checking".

        Raises:
            StopRequested: If a stop was asked for.
        """
        told = words.record() if isinstance(words, Words) else None
        self._now(words=str(words), told=told, total=total)
        self.check_stop()

    def advance(self, done: int, total: int) -> None:
        """Say how far the phase is.

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
        """Raise `StopRequested` once, if a stop was asked for or the folder was deleted."""
        if not self._stop_noticed and self._is_stopped():
            self._stop_noticed = True
            raise StopRequested

    def finish(self, state: JobState, results: dict[str, Any]) -> None:
        """End the job as `completed` or `stopped`."""
        self._end(state, results=results or self._status.results)

    def fail(self, error: UnfreezeError, details: str = "") -> None:
        """End the job as `failed`, with what a person needs to know."""
        try:
            self._end(JobState.FAILED, error=error.record(details))
        except OSError:
            self._end_without_room(error)

    def _end_without_room(self, error: UnfreezeError) -> None:
        """Say that the job failed where the disk has no room for one file more.

        The status then goes where the last one is. Without the details it fits into the block that
        the file has already.
        """
        self._status = dataclasses.replace(self._status, error=error.record())
        content = json.dumps(self._status.to_dict()).encode()
        with (self.folder / "status.json").open("r+b") as file:
            file.write(content)
            file.truncate()

    def _now(self, **changes: Any) -> None:
        self._phase_began = time.monotonic()
        self._first_done = -1
        self._status = dataclasses.replace(self._status, done=0, seconds_left=None, **changes)
        self._write()

    def _end(self, state: JobState, **changes: Any) -> None:
        self._ended.set()
        self._status = dataclasses.replace(
            self._status, state=state, finished=time.time(), seconds_left=None, **changes
        )
        self._write()

    def _write(self) -> None:
        if self.folder.is_dir():  # else it was deleted, and must not come back
            write_status(self.folder, self._status)
        self._written = time.monotonic()

    def _is_stopped(self) -> bool:
        return (self.folder / "stop.request").exists() or not self.folder.is_dir()

    def _beat(self) -> None:
        (self.folder / "heartbeat").touch()

    def _keep_beating(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            # A disk that is full or gone for a moment must not end the heart for ever.
            with contextlib.suppress(OSError):
                self._beat()
            # A library's warning in every batch of a long run would fill the disk.
            for log in ("worker.log", "helpers.log"):
                keep_small(self.folder / log, MAX_RUN_BYTES)

    def _watch(self, seconds: float) -> None:
        """End the process where a stop finds it in work that never reports."""
        while not self._ended.wait(STOP_LOOK_SECONDS):
            if self._is_stopped() and not self._ended.wait(seconds):
                self._end(JobState.STOPPED)
                os._exit(0)
