"""What a Dask worker does: sees queued jobs to their end, one after the other, each in its own
process.

Which job is next is decided here and now, from the folders: what was moved up or cancelled in the
meantime counts, and the queue goes on while the web server is away. A job's process has a session
of its own, so it goes on when the Dask worker dies; the next one adopts it.
"""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

from core.jobs.failures import death, end_of_log
from core.jobs.job import LOG, SLOT, Job
from core.jobs.listing import active_jobs
from core.jobs.lock import Lock, take
from core.jobs.process import Process, host, recorded_host, start_detached
from core.jobs.state import JobState, read_status, write_status
from core.logs import open_log
from core.queue.dask_worker import at_work, dask_worker
from core.queue.warm import WarmWorker
from core.runs.reader import Runs

POLL_SECONDS = 0.25
_GOING_ON = (JobState.RUNNING, JobState.STOPPING)


def work_off(workspace: str, needs: str) -> int:
    """See jobs to their end until none is queued.

    Args:
        workspace: The workspace's folder.
        needs: Which jobs: those that need a `SLOT`, or the `SHORT` ones.

    Returns:
        How many jobs came to their end.
    """
    passed_over: set[Path] = set()
    ended = 0
    with at_work() as warm:
        while (claimed := _next(Path(workspace), needs, passed_over)) is not None:
            job, claim = claimed
            with claim:
                state = supervise(job, warm if needs == SLOT else None)
                ended += 1
                if state is JobState.QUEUED and not _began(job):
                    passed_over.add(job.folder)  # a process that nobody knows of holds its lock
    return ended


def startable(workspace: Path, needs: str) -> list[Job]:
    """The queued jobs that can begin, the next one first.

    Args:
        workspace: The workspace's folder.
        needs: As of `work_off`.
    """
    queued = [job for job in _known(workspace, needs) if job.state is JobState.QUEUED]
    if needs == SLOT:
        queued += [run.job for run in Runs(workspace / "runs").startable()]
    return sorted(queued, key=lambda job: (job.order, str(job.folder)))


def supervise(job: Job, warm: WarmWorker | None = None) -> JobState:
    """Start a job's process and wait for its end; wait for one that goes on.

    Args:
        job: The job.
        warm: Takes the job where it is ready; None starts a new process.

    Returns:
        The state that it ended in.
    """
    if job.state in _GOING_ON:
        return _wait_for_end(job)
    # A warm worker that dies before it has begun the job is no reason for the job to fail.
    for asked in dict.fromkeys((warm, None)):
        code = _wait_for(start(job.command, job.folder / LOG, asked), job)
        if not code or _began(job):
            break
    if code:
        _write_death(job, code)
    return _wait_for_end(job)


def start(command: list[str], log: Path, warm: WarmWorker | None = None) -> Process:
    """Start a process for a Dask worker, or hand its work to the warm worker.

    Args:
        command: A module, and what it is told.
        log: Gets what it prints.
        warm: Where there may be one.

    Returns:
        The process, a child of this one.
    """
    worker = dask_worker()
    # Tells it where the scheduler is: free workers may help a training.
    told = {"UNFREEZE_SCHEDULER": str(worker.scheduler.addr)} if worker else {}
    process = warm.give(command, log, told) if warm is not None else None
    if process is not None:
        return process
    with open_log(log) as handle:
        return start_detached(command, handle, {**os.environ, **told})


def _known(workspace: Path, needs: str) -> list[Job]:
    return [job for job in active_jobs(workspace / "queue") if job.kind.needs == needs]


def _next(workspace: Path, needs: str, passed_over: set[Path]) -> tuple[Job, Lock] | None:
    """Claims the next job: one whose Dask worker died here, before one that is queued."""
    known = _known(workspace, needs)
    if needs == SLOT:
        known += [run.job for run in Runs(workspace / "runs").list(rate_tests=True)]
    orphans = [
        job for job in known if job.state in _GOING_ON and recorded_host(job.process_path) == host()
    ]
    for job in (*orphans, *startable(workspace, needs)):
        if job.folder in passed_over:
            continue
        claim = _claim(job)
        if claim is None:
            continue  # another worker sees to it
        now = dataclasses.replace(job, status=read_status(job.folder))
        if now.active and job.folder.is_dir():  # else it ended or was deleted in between
            return now, claim
        claim.release()
    return None


def _claim(job: Job) -> Lock | None:
    """Takes a job for this worker; the claim goes when the worker does."""
    try:
        return take(job.folder / "claim")
    except OSError:
        return None


def _began(job: Job) -> bool:
    return read_status(job.folder).attempts > job.status.attempts


def _wait_for(child: Process, job: Job) -> int:
    while (code := child.poll()) is None:
        if (job.folder / "kill.request").exists():
            child.kill()
        time.sleep(POLL_SECONDS)
    return code


def _wait_for_end(job: Job) -> JobState:
    """Waits while a process works; the status tells when its heartbeat ceases."""
    while (state := read_status(job.folder).state) in _GOING_ON:
        time.sleep(POLL_SECONDS)
    return state


def _write_death(job: Job, code: int) -> None:
    status = read_status(job.folder)
    if (status.finished is not None and not status.state.active) or not job.folder.is_dir():
        return  # the process told the reason itself, or was ended with its folder
    error = death(job.folder, code).record(f"exit code {code}\n{end_of_log(job.folder)}")
    # Else it would be begun again, and die again.
    (job.folder / "resume.request").unlink(missing_ok=True)
    failed = dataclasses.replace(
        status,
        state=JobState.FAILED,
        finished=time.time(),
        seconds_left=None,
        error=error,
        attempts=max(1, status.attempts),
    )
    write_status(job.folder, failed)
