"""A job's state, from its folder: what `status.json` says, corrected by the requests and the
heartbeat that lie beside it."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.files import FileVersion, file_version, read_json, read_kept, write_json
from core.jobs.failures import end_of_log, silence
from core.jobs.process import has_open, host, recorded_host, recorded_process
from core.language import Words, mark, tr
from core.records import UNREADABLE_RECORD, known_fields, seconds_since_1970

# A job's process touches its heartbeat every second; this much silence means that it is gone,
# unless its process is seen to be there.
HEARTBEAT_LIMIT_S = 8.0
# Results that are shown wherever runs are listed.
_SHOWN = ("val_accuracy", "test_accuracy", "val_loss", "best_epoch", "epochs_done")


class JobState(StrEnum):
    """Where a job stands; each state says who sets it.

    `status.json` holds `running` and the three ends; readers derive the others, and correct the
    file where it can no longer be true.
    """

    # Derived by readers: there is no `status.json` yet (the page has just created the job), or
    # a run had ended and the page wrote a `resume.request`.
    QUEUED = "queued"
    # Set by the job's process when it begins; a training says its phase with it.
    RUNNING = "running"
    # Derived by readers: running, and the page wrote a `stop.request`.
    STOPPING = "stopping"
    # Set by the process that ended on request; a training saves the best epoch's model first.
    # Derived by readers for a queued job with a `stop.request`: it was cancelled.
    STOPPED = "stopped"
    # Set by the process, after everything was saved and checked.
    COMPLETED = "completed"
    # Set by the process that met an error; by its supervisor when the process died without a
    # word; derived by readers where the heartbeat has ceased, no process is seen on this host, and
    # no supervisor is left to say so.
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether the job may still change by itself."""
        return self in (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)


_STATE_WORDS = {
    JobState.QUEUED: mark("queued"),
    JobState.RUNNING: mark("running"),
    JobState.STOPPING: mark("stopping"),
    JobState.STOPPED: mark("stopped"),
    JobState.COMPLETED: mark("completed"),
    JobState.FAILED: mark("failed"),
}


def state_word(state: JobState) -> Words:
    """A state as people read it."""
    return tr(_STATE_WORDS[state])


@dataclass(frozen=True)
class JobStatus:
    """What a job's process says of it, as `status.json` holds it.

    Attributes:
        state: See `JobState`.
        phase: A training's phase, or "".
        done: Units of the phase that are done.
        total: Units of the phase in all; 0 where that is unknown.
        unit: What is counted: "images" or "batches".
        seconds_left: Estimated seconds to the end, or None.
        started: When the process began, in seconds since 1970, or None.
        finished: When it ended, or None.
        error: Keys `what`, `way_out` and `details`, for a failed job.
        results: What it found; plain values. A run that goes on keeps those of its stop until it
            has others.
        attempts: How often the job was begun.
        words: What the job does now, in English; "" for a training.
        told: What the words were made from, for `retold`.
    """

    state: JobState = JobState.QUEUED
    phase: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    seconds_left: float | None = None
    started: float | None = None
    finished: float | None = None
    error: dict[str, Any] | None = None
    results: dict[str, Any] = field(default_factory=dict)
    attempts: int = 0
    words: str = ""
    told: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> JobStatus:
        """Reads back what `to_dict` made; unknown keys are ignored.

        Raises:
            KeyError: If `state` is missing.
            ValueError: If it is unknown.
            TypeError: If a value has another type.
        """
        known = known_fields(cls, values)
        for moment in (known.get("started"), known.get("finished")):
            seconds_since_1970(moment or 0.0)
        for name in _SHOWN:
            if not isinstance(known.get("results", {}).get(name), int | float | None):
                raise TypeError(f"results.{name} should be a number.")
        return cls(**{**known, "state": JobState(values["state"])})


def write_status(folder: Path, status: JobStatus) -> None:
    """Replaces a job's `status.json` whole. For its process and its supervisor only."""
    write_json(folder / "status.json", status.to_dict())


def read_status(folder: Path) -> JobStatus:
    """The status of the job in a folder, as it is now."""
    stop = (folder / "stop.request").exists()
    try:
        file = folder / "status.json"
        status = read_kept(_written_status, file, file_version(file))
    except FileNotFoundError:
        if not stop and _never_began(folder):
            return JobStatus(state=JobState.FAILED, error=_silence(folder))
        return JobStatus(state=JobState.STOPPED if stop else JobState.QUEUED)
    except UNREADABLE_RECORD as error:
        status = JobStatus(
            state=JobState.FAILED, error=silence(folder).record(f"status.json: {error}")
        )
    if status.state is JobState.RUNNING:
        if _silent_for(folder) <= HEARTBEAT_LIMIT_S or _has_process(folder):
            return dataclasses.replace(status, state=JobState.STOPPING) if stop else status
        status = dataclasses.replace(
            status, state=JobState.FAILED, error=_silence(folder), seconds_left=None
        )
    if status.state is JobState.COMPLETED or stop or not (folder / "resume.request").exists():
        return status
    return dataclasses.replace(status, state=JobState.QUEUED, phase="", done=0, total=0)


@lru_cache(maxsize=2048)
def _written_status(path: Path, version: FileVersion) -> JobStatus:
    """What a file says, read once: pages ask for hundreds of ended runs again and again."""
    return JobStatus.from_dict(read_json(path))


def _silent_for(folder: Path) -> float:
    try:
        return time.time() - (folder / "heartbeat").stat().st_mtime
    except FileNotFoundError:
        return time.time() - (folder / "status.json").stat().st_mtime


def _never_began(folder: Path) -> bool:
    """Whether a process that no supervisor waits for died before it said a word."""
    record = folder / "process.json"
    try:
        is_unattended = read_json(record).get("unattended") and recorded_host(record) == host()
    except UNREADABLE_RECORD:
        return False
    return bool(is_unattended) and recorded_process(record) is None


def _has_process(folder: Path) -> bool:
    """Whether the job's process is on this host and has the folder open.

    After a pause of the whole machine its heart has not beaten either. A copy of the folder has the
    same record, but nobody has it open.
    """
    process = recorded_process(folder / "process.json")
    return process is not None and has_open(process, folder / "lock")


def _silence(folder: Path) -> dict[str, Any]:
    return silence(folder).record(f"no heartbeat\n{end_of_log(folder)}")
