"""The queue's processes: a Dask scheduler and one worker, detached from the web server.

They outlive it and are found again through Dask's own scheduler file in the workspace. Both listen
on 127.0.0.1 only: who reaches a scheduler's port can run code. `python -m core.runs.queue
status|stop` looks at them, or ends them, without the app.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config import APP_ROOT, Settings
from core.errors import QueueError

if TYPE_CHECKING:
    from distributed import Client

START_SECONDS = 30.0
CONNECT_SECONDS = 5.0


def connect(settings: Settings) -> Client:
    """Connects to the scheduler, and starts scheduler and worker where they are missing.

    Args:
        settings: Names the workspace, or a running scheduler.

    Returns:
        A connected client.

    Raises:
        QueueError: If no scheduler with a worker can be reached.
    """
    if settings.scheduler:
        return _client(settings.scheduler)
    with _locked(settings.queue_dir):
        client = _try_connect(settings)
        if client is None:
            _start_scheduler(settings.queue_dir)
            client = _wait_for_scheduler(settings)
        if not client.scheduler_info(n_workers=-1)["workers"]:
            _start_worker(settings.queue_dir)
    return client


def scheduler_file(settings: Settings) -> Path:
    """Where the scheduler writes its address."""
    return settings.queue_dir / "scheduler.json"


def _client(address: str) -> Client:
    # Imported late: it takes a second, and only the thread that needs it should wait.
    from distributed import Client

    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise QueueError(
            f"The queue's scheduler at {address} does not answer.",
            "Start it, or unset UNFREEZE_SCHEDULER to use one on this machine.",
        ) from error


def _try_connect(settings: Settings) -> Client | None:
    from core.files import read_json

    try:
        address = str(read_json(scheduler_file(settings))["address"])
    except (OSError, ValueError, KeyError):
        return None
    try:
        return _client(address)
    except QueueError:
        return None  # left behind by a scheduler that is gone


def _wait_for_scheduler(settings: Settings) -> Client:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        client = _try_connect(settings)
        if client is not None:
            return client
        time.sleep(0.2)
    raise QueueError(
        "The queue's scheduler did not start.",
        f"{settings.queue_dir / 'scheduler.log'} says why.",
    )


def _start_scheduler(queue_dir: Path) -> None:
    file = queue_dir / "scheduler.json"
    file.unlink(missing_ok=True)
    _start_detached(
        queue_dir,
        "scheduler",
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        ["--scheduler-file", str(file)],
    )


def _start_worker(queue_dir: Path) -> None:
    _start_detached(
        queue_dir,
        "worker",
        ["worker", "--host", "127.0.0.1", "--no-dashboard", "--nthreads", "1"],
        ["--nworkers", "1", "--resources", "slot=1", "--memory-limit", "0"],
        ["--scheduler-file", str(queue_dir / "scheduler.json")],
        ["--local-directory", str(queue_dir / "scratch")],
    )


def _start_detached(queue_dir: Path, name: str, *parts: list[str]) -> None:
    arguments = [part for group in parts for part in group]
    environment = {
        **os.environ,
        "PYTHONPATH": str(APP_ROOT),
        # A task that was lost is decided on by the run's own status, not tried three times.
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
    }
    with (queue_dir / f"{name}.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            cwd=APP_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@contextmanager
def _locked(queue_dir: Path) -> Iterator[None]:
    """One starter at a time: two servers must not start two schedulers."""
    queue_dir.mkdir(parents=True, exist_ok=True)
    with (queue_dir / "start.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def known_runs(client: Client) -> set[str]:
    """Keys of the runs that the scheduler has, waiting or running."""

    def keys(dask_scheduler: Any) -> list[str]:
        return [str(key) for key in dask_scheduler.tasks]

    return set(client.run_on_scheduler(keys))


def stop(settings: Settings) -> bool:
    """Ends scheduler and worker; a run that is being trained goes on to its end.

    Returns:
        Whether there was one.
    """
    client = _try_connect(settings)
    if client is None:
        return False
    client.shutdown()
    return True


def _main(arguments: list[str]) -> int:
    settings = Settings.from_environment()
    if arguments == ["stop"]:
        print("stopped" if stop(settings) else "not running")  # noqa: T201 - a command's answer
        return 0
    client = _try_connect(settings)
    workers = client.scheduler_info(n_workers=-1)["workers"] if client else {}
    runs = sorted(known_runs(client)) if client else []
    print(f"{'running' if client else 'not running'}, {len(workers)} workers, runs: {runs}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
