"""What the app has started: the queue's two processes, TensorBoard, those that train and the runs'
short tasks, to see and to end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.errors import RunError
from core.files import read_json
from core.jobs.process import end_process, host, recorded_host, recorded_process
from core.jobs.tasks import end_task, task_folders
from core.language import mark
from core.queue import scheduler
from core.queue.warm import spare_records
from core.runs import tensorboard
from core.runs.run import Run, RunState
from core.runs.store import RunStore
from core.settings import Settings

PATIENCE_SECONDS = 20.0
_GOING_ON = (RunState.RUNNING, RunState.STOPPING)


@dataclass(frozen=True)
class Started:
    """A process that the app started.

    Attributes:
        role: `scheduler`, `worker`, `TensorBoard`, `spare`, `training`, `helper` or a task's kind,
            such as `heat maps`.
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
    """The processes that are there now: the queue's, TensorBoard, spares, then those of the runs.

    Args:
        settings: Names the workspace.
        runs: All its runs, rate tests among them.
    """
    found: list[Started] = []
    records = {
        name: scheduler.record(settings, name) for name in (mark("scheduler"), mark("worker"))
    }
    for name, path in {**records, "TensorBoard": tensorboard.record(settings)}.items():
        process = recorded_process(path)
        if process is not None:
            found += _seen(name, process)
    for path in spare_records(settings.queue_dir):
        spare = recorded_process(path)
        if spare is not None:
            found += _seen(mark("spare"), spare)
    for run in runs:
        found += _training(run)
    return [*found, *(entry for run in runs for entry in _tasks(run))]


def end_all(settings: Settings, patience: float | None = None) -> bool:
    """Ends everything that the app started; the next run starts it anew.

    Runs that are going on are asked to stop and ended by force where they take too long; queued
    ones leave the queue. All of them can be resumed.

    Args:
        settings: Names the workspace.
        patience: Seconds that runs get to stop by themselves; `PATIENCE_SECONDS` unless told.

    Returns:
        Whether there was anything to end.
    """
    store = RunStore(settings.runs_dir)
    active = [run.id for run in store.list(rate_tests=True) if run.status.state.active]
    for run_id in active:
        store.request_stop(run_id)
    deadline = time.monotonic() + (PATIENCE_SECONDS if patience is None else patience)
    while time.monotonic() < deadline and any(_goes_on(store, run_id) for run_id in active):
        time.sleep(0.1)
    for run_id in active:
        with contextlib.suppress(RunError):  # it has ended by now
            store.kill(run_id)
    # Also one that hangs, so that its run shows as failed already.
    hanging = [run for run in store.list(rate_tests=True) if _may_live(run)]
    ended = [end_process(path) for run in hanging for path in (run.process_path, *_helpers(run))]
    ended += [end_task(folder) for run in store.list() for _, folder in task_folders(run.path)]
    ended.append(tensorboard.end(settings))
    ended.append(scheduler.stop(settings))
    # Last: a worker that lives would start another.
    ended += [end_process(path) for path in spare_records(settings.queue_dir)]
    return bool(active) or any(ended)


def _goes_on(store: RunStore, run_id: str) -> bool:
    with contextlib.suppress(RunError):  # deleted in between
        return store.get(run_id).status.state in _GOING_ON
    return False


def _may_live(run: Run) -> bool:
    """Whether the process of a run is worth looking for."""
    return run.status.state in (*_GOING_ON, RunState.FAILED)


def _training(run: Run) -> Iterator[Started]:
    if not _may_live(run):
        return
    process = recorded_process(run.process_path)
    if process is not None:
        yield from _seen(mark("training"), process, run)
    elif run.status.state in _GOING_ON and recorded_host(run.process_path) not in ("", host()):
        entry = read_json(run.process_path)
        yield Started("training", entry["host"], entry["pid"], entry["started"], None, run)

    for path in _helpers(run):
        helper = recorded_process(path)
        if helper is not None:
            yield from _seen(mark("helper"), helper, run)


def _helpers(run: Run) -> list[Path]:
    return sorted(run.path.glob("helper-*.json"))


def _tasks(run: Run) -> Iterator[Started]:
    for kind, folder in task_folders(run.path):
        process = recorded_process(folder / "process.json")
        if process is not None:
            yield from _seen(kind, process, run)


def _seen(role: str, process: psutil.Process, run: Run | None = None) -> Iterator[Started]:
    with contextlib.suppress(psutil.NoSuchProcess):  # it ended in between
        memory = process.memory_info().rss
        yield Started(role, host(), process.pid, process.create_time(), memory, run)
