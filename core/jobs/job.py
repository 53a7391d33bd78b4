"""A job: something that runs in the background, in a process of its own, and leaves its record in a
folder.

The folder is the protocol, and each file has one writer: `job.json` and the requests to stop,
resume or kill (the page); `status.json`, `heartbeat`, `process.json` and `worker.log` (the job's
process, or its supervisor once that is gone). A training has `config.json` in place of `job.json`.

A kind of job is a module with a function `work(reporter, *arguments)`, which does the work and
returns its results, and a `Kind` that says what it needs.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import RunError
from core.files import read_json, write_json
from core.jobs import waiting
from core.jobs.lock import wait_for
from core.jobs.process import end_process, record_process, recorded_process, start_detached
from core.jobs.state import JobState, JobStatus, read_status
from core.language import tr
from core.logs import open_log
from core.records import UNREADABLE_RECORD, known_fields
from core.settings import Settings

# What jobs need of a worker: one training runs at a time on each GPU, a few short jobs beside it.
SLOT, SHORT = "slot", "short"
LOG = "worker.log"
_ENDS = {"done": JobState.COMPLETED, "stopped": JobState.STOPPED}


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes:
        module: Where its `work` is.
        title: What people call it, in English.
        needs: `SLOT` or `SHORT`.
        command: The module that its process runs.
        stop_seconds: How long its process may go on after a stop before it ends itself; None for
            as long as it takes.
    """

    module: str
    title: str
    needs: str = SHORT
    command: str = "core.jobs.run_job"
    stop_seconds: float | None = 2.0


@dataclass(frozen=True)
class Job:
    """One job as its folder shows it at one moment.

    Attributes:
        folder: Its record.
        kind: What it is.
        arguments: What its `work` is told.
        order: Its place among queued jobs: the lowest is next.
        status: How far it is.
    """

    folder: Path
    kind: Kind
    arguments: tuple[str, ...] = ()
    order: float = 0.0
    status: JobStatus = dataclasses.field(default_factory=JobStatus)

    @property
    def state(self) -> JobState:
        """Where it stands."""
        return self.status.state

    @property
    def active(self) -> bool:
        """Whether it may still change by itself."""
        return self.state.active

    @property
    def command(self) -> list[str]:
        """What its process runs, after `python -m`."""
        return [self.kind.command, str(self.folder)]

    @property
    def process_path(self) -> Path:
        """The record of its process."""
        return self.folder / "process.json"


def ask(
    folder: Path, kind: Kind, arguments: Sequence[str] = (), queue_dir: Path | None = None
) -> None:
    """Ask for a job, unless it is active already.

    Args:
        folder: Its folder, made where it is missing.
        kind: What it is.
        arguments: What its `work` is told.
        queue_dir: Where the queue looks for what waits; None starts the job here and now.

    Raises:
        RunError: If the folder cannot be written to, or no process can be started.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with wait_for(folder / "ask.lock"):
            job = read_job(folder)
            if job is None or not job.active:
                job = _write_new(folder, kind, arguments)
            if queue_dir is None:
                start_here(job)
            with suppress(ValueError):  # a run that was copied out of its workspace
                waiting.add(queue_dir or Settings.from_environment().queue_dir, folder)
    except OSError as error:
        what = tr("The job cannot be started: {error}.", error=str(error))
        raise RunError(what, tr("Check the disk, then ask again.")) from error


def read_job(folder: Path) -> Job | None:
    """The job in a folder as it is now; None where none was asked for, or it cannot be read."""
    try:
        values = read_json(folder / "job.json")
        kind = Kind(**known_fields(Kind, values["kind"]))
        arguments = tuple(str(argument) for argument in values["arguments"])
        created = float(values["created"])
    except FileNotFoundError:
        return _earlier(folder)
    except UNREADABLE_RECORD:
        return None
    return Job(folder, kind, arguments, created, read_status(folder))


def request_stop(folder: Path) -> None:
    """Ask a job to stop; a queued one does not start then."""
    (folder / "stop.request").touch()


def kill(job: Job) -> bool:
    """End a job's process by force; on another host its supervisor does it.

    Returns:
        Whether there was one to end.
    """
    (job.folder / "kill.request").touch()
    return end_process(job.process_path)


def start_here(job: Job) -> None:
    """Start a queued job's process on this machine, without a supervisor."""
    if job.state is JobState.QUEUED and recorded_process(job.process_path) is None:
        with open_log(job.folder / LOG) as log:
            process = start_detached(job.command, log)
        record_process(job.process_path, process.pid, unattended=True)


def _write_new(folder: Path, kind: Kind, arguments: Sequence[str]) -> Job:
    created = time.time()
    record = {"kind": dataclasses.asdict(kind), "arguments": list(arguments), "created": created}
    write_json(folder / "job.json", record)
    for left in ("task.json", "process.json", "kill.request", "status.json", "stop.request", LOG):
        (folder / left).unlink(missing_ok=True)
    return Job(folder, kind, tuple(arguments), created)


def _earlier(folder: Path) -> Job | None:
    """What versions up to 0.9 called a task, and left behind in `task.json`."""
    try:
        values = read_json(folder / "task.json")
        state = _ENDS.get(values["state"], JobState.FAILED)
        known: dict[str, Any] = {name: values.get(name) for name in ("error", "results")}
        status = JobStatus.from_dict({**{k: v for k, v in known.items() if v}, "state": state})
    except UNREADABLE_RECORD:
        return None
    return Job(folder, Kind("", ""), status=status)
