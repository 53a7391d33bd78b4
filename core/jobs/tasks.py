"""Short tasks on a finished run, each in a process of its own: an export, a table, heat maps.

A task's folder is its protocol, as a run's folder is: `task.json` (its process; the page writes the
first one), `process.json` (the page), `stop.request` (the page), `task.log`. One task of a queue
works at a time in a workspace; those that come later wait for it.

A page calls `start_task`, `read_task` and `stop_task`; the module that is started calls `run_task`.
Where the run is deleted meanwhile, its task ends and leaves nothing behind.
"""

from __future__ import annotations

import dataclasses
import fcntl
import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.errors import RunError, UnfreezeError
from core.files import read_json, write_json
from core.jobs.process import end_process, recorded_host, recorded_process, start_detached
from core.language import Words, mark, tr
from core.logs import MAX_RUN_BYTES, keep_small, log_to_stderr, new_log
from core.records import known_fields
from core.settings import Settings

WRITE_SECONDS = 0.3
# Whose tasks wait for each other, unless they name another queue.
QUEUE = "tasks"
# How long work may go on after a stop before the process ends itself.
STOP_SECONDS = 2.0
# How long a process may take to be recorded.
_START_SECONDS = 5.0
# Where a run's tasks lie, and what they are called.
_KINDS = {
    "heatmaps": mark("heat maps"),
    "batch": mark("many images"),
    "exports/*": mark("export"),
    "litert": "LiteRT model",
}
_LOG = logging.getLogger(__name__)


class TaskState(StrEnum):
    """Where a task stands."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Task:
    """What `task.json` says.

    Attributes:
        state: See `TaskState`.
        words: What it does now, in English.
        done: Units that are done.
        total: Units in all; 0 where that is unknown.
        error: Keys `what`, `way_out` and `details`, for a failed task.
        results: What it found; plain values.
        told: What the words were made from, for `retold`.
    """

    state: TaskState = TaskState.NONE
    words: str = ""
    done: int = 0
    total: int = 0
    error: dict[str, Any] | None = None
    results: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] | None = None

    @property
    def running(self) -> bool:
        """Whether it may still change by itself."""
        return self.state is TaskState.RUNNING


class TaskStopped(Exception):  # noqa: N818 - a request, not an error
    """Raised inside a task when a stop was asked for."""


class TaskReporter:
    """A task's voice.

    Args:
        folder: The task's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._task = Task(TaskState.RUNNING, tr("Starting"))
        self._written = 0.0
        self._ended = threading.Event()

    def say(self, words: str, total: int = 0) -> None:
        """Begins something new, such as "Checking".

        Raises:
            TaskStopped: If a stop was asked for.
        """
        told = words.record() if isinstance(words, Words) else None
        self._task = dataclasses.replace(self._task, words=words, told=told, done=0, total=total)
        self._write()
        self._check_stop()

    def advance(self, done: int, total: int) -> None:
        """Says how far it is.

        Raises:
            TaskStopped: If a stop was asked for.
        """
        self._task = dataclasses.replace(self._task, done=done, total=total)
        if done == total or time.monotonic() - self._written > WRITE_SECONDS:
            self._write()
        self._check_stop()

    def end(self, state: TaskState, **changes: Any) -> None:
        """Says how it ended."""
        self._ended.set()
        self._task = dataclasses.replace(self._task, state=state, **changes)
        self._write()

    def watch(self) -> None:
        """Ends the process where a stop finds it in work that never reports."""
        while not self._ended.wait(WRITE_SECONDS):
            keep_small(self.folder / "task.log", MAX_RUN_BYTES)
            if self._stopped() and not self._ended.wait(STOP_SECONDS):
                self.end(TaskState.STOPPED)
                os._exit(0)

    def _check_stop(self) -> None:
        if self._stopped():
            raise TaskStopped

    def _stopped(self) -> bool:
        return _stop_path(self.folder).exists() or not self.folder.is_dir()

    def _write(self) -> None:
        if self.folder.is_dir():  # else the run was deleted, and must not come back
            _write_task(self.folder, self._task)
        self._written = time.monotonic()


def start_task(folder: Path, module: str, arguments: Sequence[str] = ()) -> None:
    """Starts `python -m module folder arguments...`, unless the task is running already.

    Args:
        folder: The task's folder, made where it is missing; inside the run's folder.
        module: A module whose `main` calls `run_task`.
        arguments: What else it is told.

    Raises:
        RunError: If the folder cannot be written to, or no process can be started.
    """
    try:
        _start_once(folder, module, arguments)
    except OSError as error:
        what = tr("The task cannot be started: {error}.", error=str(error))
        raise RunError(what, tr("See to the disk, then ask again.")) from error


def _start_once(folder: Path, module: str, arguments: Sequence[str]) -> None:
    with _locked(folder / "lock"):
        if read_task(folder).running:
            return
        _stop_path(folder).unlink(missing_ok=True)
        (folder / "process.json").unlink(missing_ok=True)
        _write_task(folder, Task(TaskState.RUNNING, "Starting"))
        with new_log(folder / "task.log") as log:
            command = [module, str(folder), *arguments]
            start_detached(command, log, folder / "process.json")


def read_task(folder: Path) -> Task:
    """How far a task is; one whose process is gone without a word has failed."""
    path = folder / "task.json"
    try:
        values = read_json(path)
        task = Task(**{**known_fields(Task, values), "state": TaskState(values["state"])})
        fresh = time.time() - path.stat().st_mtime < _START_SECONDS
    except (OSError, ValueError, KeyError, TypeError):
        return Task()
    record = folder / "process.json"
    elsewhere = recorded_host(record) not in ("", os.uname().nodename)
    if not task.running or fresh or elsewhere or recorded_process(record):
        return task
    gone = UnfreezeError(tr("This ended without a word: its process is gone."), tr("Try it again."))
    error = gone.record(_end_of(folder / "task.log"))
    return dataclasses.replace(task, state=TaskState.FAILED, error=error)


def stop_task(folder: Path) -> None:
    """Asks a task to stop; it does within seconds."""
    _stop_path(folder).touch()


def end_task(folder: Path) -> bool:
    """Ends a task's process at once.

    Returns:
        Whether there was one to end.
    """
    task = read_task(folder)
    ended = end_process(folder / "process.json")
    if ended and task.running:
        _write_task(folder, dataclasses.replace(task, state=TaskState.STOPPED))
    return ended


def task_folders(run_dir: Path) -> Iterator[tuple[str, Path]]:
    """The folders of a run's tasks that were ever started, each with the task's kind in words."""
    # Asked of thousands of runs at once, most of which have none: a glob would take longer.
    for pattern, kind in _KINDS.items():
        outer, several, _ = pattern.partition("/*")
        folder = run_dir / outer
        if several and folder.is_dir():
            found = sorted(inside for inside in folder.iterdir() if _was_started(inside))
            yield from ((kind, inside) for inside in found)
        elif _was_started(folder):
            yield kind, folder


def _was_started(folder: Path) -> bool:
    return (folder / "process.json").exists()


def run_task(
    folder: Path, work: Callable[[TaskReporter], dict[str, Any]], queue: str = QUEUE
) -> int:
    """Does a task's work in this process and writes how it ended.

    Args:
        folder: The task's folder.
        work: Does it and returns its results; imports keras only when it is called.
        queue: Tasks of the same queue wait for each other.

    Returns:
        The exit code: 0 for a task that is done or was stopped.
    """
    log_to_stderr()
    reporter = TaskReporter(folder)
    threading.Thread(target=reporter.watch, daemon=True).start()
    queue_dir = Settings.from_environment().queue_dir
    try:
        reporter.say("Waiting for another task")
        with _locked(queue_dir / f"{queue}.lock"):
            reporter.say("Starting")
            results = work(reporter)
    except TaskStopped:
        reporter.end(TaskState.STOPPED)
    except UnfreezeError as error:
        _LOG.exception("failed")
        reporter.end(TaskState.FAILED, error=error.record(traceback.format_exc()))
        return 1
    except Exception as error:  # noqa: BLE001 - the edge of the process
        _LOG.exception("failed")
        unexpected = UnfreezeError(
            tr("This ended with an unexpected error: {kind}.", kind=type(error).__name__),
            tr("The details say more."),
        )
        reporter.end(TaskState.FAILED, error=unexpected.record(traceback.format_exc()))
        return 1
    else:
        reporter.end(TaskState.DONE, results=results)
    return 0


def _write_task(folder: Path, task: Task) -> None:
    write_json(folder / "task.json", dataclasses.asdict(task))


def _stop_path(folder: Path) -> Path:
    return folder / "stop.request"


def _end_of(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-2000:]
    except OSError:
        return ""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # given back with the file
        yield
