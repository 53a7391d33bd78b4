"""The processes that the app has started, to see and to end: the queue's, TensorBoard, and those of
the jobs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.files import read_json
from core.jobs.job import Job, kill, request_stop
from core.jobs.listing import active_jobs
from core.jobs.process import end_process, host, recorded_host, recorded_process
from core.jobs.state import JobState, read_status
from core.language import mark
from core.queue import scheduler
from core.queue.warm import warm_records
from core.runs import tensorboard
from core.runs.reader import Runs
from core.runs.run import Run
from core.settings import Settings

PATIENCE_SECONDS = 20.0
_GOING_ON = (JobState.RUNNING, JobState.STOPPING)


@dataclass(frozen=True)
class Started:
    """A process that the app started.

    Attributes:
        role: `scheduler`, `worker`, `TensorBoard`, `warm worker`, `helper` or a job's kind, such as
            `training` or `heat maps`.
        host: The machine that it runs on.
        pid: Its number there.
        since: When it began, in seconds since 1970.
        memory: Resident memory in bytes; None for a process of another machine.
        run: The run that it trains, helps or works on; None for the queue's own and
            TensorBoard.
    """

    role: str
    host: str
    pid: int
    since: float
    memory: int | None
    run: Run | None = None


def started(settings: Settings, runs: Sequence[Run]) -> list[Started]:
    """The processes that are there now: the queue's, TensorBoard, warm workers, then the jobs'.

    Args:
        settings: Names the workspace.
        runs: All its runs, rate tests among them.
    """
    records = [
        (mark("scheduler"), scheduler.record(settings, "scheduler")),
        (mark("worker"), scheduler.record(settings, "worker")),
        ("TensorBoard", tensorboard.record(settings)),
    ]
    records += [(mark("warm worker"), path) for path in warm_records(settings.queue_dir)]
    found = [entry for role, path in records for entry in _recorded(role, path)]
    for run in runs:
        if _may_live(run.job):
            found += _of_job(run.job, run)
            found += [e for path in _helpers(run) for e in _recorded(mark("helper"), path, run)]
    by_folder = {run.path: run for run in runs}
    for job in active_jobs(settings.queue_dir):
        found += _of_job(job, _run_of(job, by_folder))
    return found


def end_all(settings: Settings, patience: float | None = None) -> bool:
    """End everything that the app started; the next job starts it anew.

    Jobs that are going on are asked to stop and ended by force where they take too long; queued
    ones leave the queue. Runs among them can be resumed.

    Args:
        settings: Names the workspace.
        patience: Seconds that jobs get to stop by themselves; `PATIENCE_SECONDS` unless told.

    Returns:
        Whether there was anything to end.
    """
    runs = Runs(settings.runs_dir).list(rate_tests=True)
    jobs = [*(run.job for run in runs), *active_jobs(settings.queue_dir)]
    active = [job for job in jobs if job.active]
    for job in active:
        request_stop(job.folder)
    deadline = time.monotonic() + (PATIENCE_SECONDS if patience is None else patience)
    while time.monotonic() < deadline and any(map(_goes_on, active)):
        time.sleep(0.1)
    for job in filter(_goes_on, active):
        kill(job)
    # Also one that hangs, so that its run shows as failed already.
    ended = [end_process(job.process_path) for job in jobs if _may_live(job)]
    ended += [end_process(path) for run in runs if _may_live(run.job) for path in _helpers(run)]
    ended.append(tensorboard.end(settings))
    ended.append(scheduler.stop(settings))
    # Last: a worker that lives would start another.
    ended += [end_process(path) for path in warm_records(settings.queue_dir)]
    return bool(active) or any(ended)


def _goes_on(job: Job) -> bool:
    return read_status(job.folder).state in _GOING_ON


def _may_live(job: Job) -> bool:
    """Whether the process of a job is worth looking for."""
    return job.state in (*_GOING_ON, JobState.FAILED)


def _run_of(job: Job, by_folder: dict[Path, Run]) -> Run | None:
    """The run that a job works on, in whose folder its own lies."""
    return next((by_folder[path] for path in job.folder.parents if path in by_folder), None)


def _of_job(job: Job, run: Run | None) -> Iterator[Started]:
    path = job.process_path
    if recorded_process(path) is not None:
        yield from _recorded(job.kind.title, path, run)
    elif job.state in _GOING_ON and recorded_host(path) not in ("", host()):
        entry = read_json(path)
        yield Started(job.kind.title, entry["host"], entry["pid"], entry["started"], None, run)


def _helpers(run: Run) -> list[Path]:
    return sorted(run.path.glob("helper-*.json"))


def _recorded(role: str, path: Path, run: Run | None = None) -> Iterator[Started]:
    process = recorded_process(path)
    with suppress(psutil.NoSuchProcess):  # it ended in between
        if process is not None:
            memory = process.memory_info().rss
            yield Started(role, host(), process.pid, process.create_time(), memory, run)
