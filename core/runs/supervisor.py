"""What a Dask worker does with a run: starts its training process, waits, and sees that it ended.

The training process has a session of its own, so it goes on when the Dask worker dies. Dask may
then hand the run to another worker: the run's lock and status see to it that nothing runs twice.
"""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.config import APP_ROOT
from core.runs.run import RunState, RunStatus
from core.runs.store import RunStore, write_status

POLL_SECONDS = 0.5


def supervise(run_dir: str) -> str:
    """Trains one run in a child process and waits for its end.

    Args:
        run_dir: The run's folder.

    Returns:
        The state that the run ended in.
    """
    path = Path(run_dir)
    store = RunStore(path.parent)
    run = store.get(path.name)
    if run.status.state is RunState.STOPPED and run.stop_path.exists():
        write_status(path, dataclasses.replace(run.status, finished=time.time()))
    if run.status.state is not RunState.QUEUED:
        return _wait_for_end(store, path)
    with (path / "worker.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "core.training.worker", str(path)],
            cwd=APP_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = child.wait()
    status = store.get(path.name).status
    if code != 0 and (status.state.active or status.state is RunState.FAILED):
        _write_death(path, status, code)
    return _wait_for_end(store, path)


def _wait_for_end(store: RunStore, path: Path) -> str:
    """Waits while another process trains the run; the store tells when its heartbeat ceases."""
    while True:
        state = store.get(path.name).status.state
        if state not in (RunState.RUNNING, RunState.STOPPING):
            return str(state)
        time.sleep(POLL_SECONDS)


def _write_death(path: Path, status: RunStatus, code: int) -> None:
    if status.state is RunState.FAILED and status.finished is not None:
        return  # the worker told the reason itself
    killed = -code == signal.SIGKILL
    error = {
        "what": "The training process was killed." if killed else "The training process crashed.",
        "way_out": "If memory ran out, choose a smaller batch or image size; then train again."
        if killed
        else "worker.log in the run's folder says more.",
        "details": f"exit code {code}",
    }
    write_status(
        path,
        dataclasses.replace(status, state=RunState.FAILED, finished=time.time(), error=error),
    )
