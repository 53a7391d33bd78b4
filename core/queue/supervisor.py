"""What a Dask worker does: trains the queued runs, one after the other, each in its own process.

Which run is next is decided here and now, from the folders: what was moved up or cancelled in the
meantime counts, and the queue goes on while the web server is away. The training process has a
session of its own, so it goes on when the Dask worker dies; the next one adopts it.
"""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from core.errors import RunError
from core.files import locked_or_closed
from core.jobs.gpus import taken
from core.jobs.process import host, recorded_host
from core.jobs.state import GO_ON, write_status
from core.language import tr
from core.queue.dask_worker import at_work, dask_worker
from core.queue.warm import Spares, start
from core.runs.run import Run, RunState, RunStatus
from core.runs.store import RunStore

POLL_SECONDS = 0.25
_COMMAND = [sys.executable, "-m", "core.training.worker"]
_GOING_ON = (RunState.RUNNING, RunState.STOPPING)


def work_off(runs_dir: str) -> int:
    """Trains runs until none is queued.

    Args:
        runs_dir: The workspace's `runs/`.

    Returns:
        How many runs it saw to their end.
    """
    with at_work() as spares:
        return _work_off(RunStore(Path(runs_dir)), spares)


def _work_off(store: RunStore, spares: Spares | None) -> int:
    passed_over: set[str] = set()
    ended = 0
    while (claimed := _next_run(store, passed_over)) is not None:
        run, claim = claimed
        with claim:
            state = supervise(run, spares)
            ended += 1
            if state is RunState.QUEUED and not _began(store, run):
                passed_over.add(run.id)  # a process that nobody knows of holds its lock
    return ended


def supervise(run: Run, spares: Spares | None = None) -> RunState:
    """Trains one run in a child process and waits for its end; waits for one that goes on.

    Args:
        run: The run.
        spares: Whose spare takes the run where there is one; None starts a new process.

    Returns:
        The state that it ended in.
    """
    store = RunStore(run.path.parent)
    if run.status.state in _GOING_ON:
        return _wait_for_end(store, run)
    locks = run.path.parent.parent / "queue"
    with taken(locks, run.config.training.all_gpus, lambda: _is_queued(store, run)) as share:
        if share is None:
            return RunState.STOPPED  # it was cancelled while it waited for a GPU
        command, log = [*_COMMAND, str(run.path)], run.path / "worker.log"
        # A spare that dies before it has begun the run is no reason for the run to fail.
        for asked in dict.fromkeys((spares, None)):
            code = _wait_for(start(command, log, share, asked, _told()), run)
            if not code or _began(store, run):
                break
    if code:
        _write_death(store.get(run.id), code)
    return _wait_for_end(store, run)


def _is_queued(store: RunStore, run: Run) -> bool:
    try:
        return store.get(run.id).status.state is RunState.QUEUED
    except RunError:
        return False  # deleted in between


def _told() -> dict[str, str]:
    """Tells the training process where the scheduler is: free workers may help it."""
    worker = dask_worker()
    return {"UNFREEZE_SCHEDULER": str(worker.scheduler.addr)} if worker else {}


def _next_run(store: RunStore, passed_over: set[str]) -> tuple[Run, IO[str]] | None:
    """Claims the next run: one whose Dask worker died here, before one that is queued."""
    runs = store.list(rate_tests=True)
    orphans = [
        run
        for run in runs
        if run.status.state in _GOING_ON and recorded_host(run.process_path) == host()
    ]
    for run in (*orphans, *store.startable()):
        if run.id in passed_over:
            continue
        claim = _claim(run.path)
        if claim is None:
            continue  # another worker sees to it
        try:
            now = store.get(run.id)
        except RunError:
            claim.close()
            continue  # deleted in between
        if now.status.state is RunState.QUEUED or now.status.state in _GOING_ON:
            return now, claim
        claim.close()
    return None


def _claim(run_dir: Path) -> IO[str] | None:
    """Takes a run for this worker; the claim goes when the worker does."""
    try:
        handle = (run_dir / "claim").open("a")
    except OSError:
        return None
    return locked_or_closed(handle)


def _began(store: RunStore, run: Run) -> bool:
    return store.get(run.id).status.attempts > run.status.attempts


def _wait_for(child: subprocess.Popen[bytes], run: Run) -> int:
    while (code := child.poll()) is None:
        if run.kill_path.exists():
            child.kill()
        time.sleep(POLL_SECONDS)
    return code


def _wait_for_end(store: RunStore, run: Run) -> RunState:
    """Waits while a process trains the run; the store tells when its heartbeat ceases."""
    while True:
        state = store.get(run.id).status.state
        if state not in _GOING_ON:
            return state
        time.sleep(POLL_SECONDS)


def _write_death(run: Run, code: int) -> None:
    status = run.status
    if status.finished is not None and not status.state.active:
        return  # the worker told the reason itself
    error = _reason(run, code).record(f"exit code {code}\n{_end_of_log(run)}")
    run.resume_path.unlink(missing_ok=True)  # else it would be begun again, and die again
    write_status(run.path, _failed(status, error))


def _reason(run: Run, code: int) -> RunError:
    if run.kill_path.exists():
        return RunError(tr("This run was ended by force."), tr(GO_ON))
    if -code == signal.SIGKILL or "bad_alloc" in _end_of_log(run):
        return RunError(
            tr("The training process was killed."),
            tr(
                "Most often memory ran out: then train with a smaller batch or image size. "
                "Otherwise resume it."
            ),
        )
    if -code in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        what = tr("The training process was ended from outside, as when the machine shuts down.")
        return RunError(what, tr(GO_ON))
    return RunError(
        tr("The training process crashed."), tr("worker.log in the run's folder says more.")
    )


def _failed(status: RunStatus, error: dict[str, Any]) -> RunStatus:
    return dataclasses.replace(
        status,
        state=RunState.FAILED,
        finished=time.time(),
        seconds_left=None,
        error=error,
        attempts=max(1, status.attempts),
    )


def _end_of_log(run: Run, characters: int = 1500) -> str:
    try:
        with (run.path / "worker.log").open("rb") as handle:
            handle.seek(0, 2)
            handle.seek(max(0, handle.tell() - characters))
            return handle.read().decode(errors="replace")
    except OSError:
        return ""
