"""The queue's processes: a Dask scheduler and one worker, detached from the web server.

They outlive it and are found again through Dask's own scheduler file in the workspace. Both listen
on 127.0.0.1 only: who reaches a scheduler's port can run code. `python -m core.queue
status|stop` looks at them, or ends them, without the app.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import QueueError
from core.files import read_json
from core.jobs.gpus import gpu_names
from core.jobs.job import SHORT, SLOT
from core.jobs.lock import Lock, wait_for
from core.jobs.process import (
    end_process,
    host,
    record_process,
    recorded_host,
    recorded_process,
    start_detached,
)
from core.language import tr
from core.logs import open_log
from core.settings import APP_ROOT, Settings

if TYPE_CHECKING:
    from distributed import Client

START_SECONDS = 30.0
CONNECT_SECONDS = 5.0
END_SECONDS = 5.0
# Short jobs that a worker does at once, beside its trainings.
SHORT_JOBS = 2
_DASK = {
    # A task that was lost is decided on by the run's own status, not tried three times.
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
    # An hour of profiles and of figures about the system would be kept, which nobody looks at.
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__LOG_LENGTH": "10",
    "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "100",
    # Every connection of every page would be a line in a log that grows for months.
    "DASK_LOGGING__DISTRIBUTED": "warning",
}


def connect(settings: Settings) -> Client:
    """Connects to the scheduler, and starts scheduler and worker where they are missing.

    Args:
        settings: Names the workspace, or a running scheduler.

    Returns:
        A connected client.

    Raises:
        QueueError: If no scheduler can be reached.
    """
    if settings.scheduler:
        _refuse_open(settings.scheduler)
        return _client(settings.scheduler)
    with _locked(settings.queue_dir):
        client = try_connect(settings)
        if client is None:
            # A worker of a scheduler that is gone, or one of the two that no longer answers. The
            # training processes are not theirs to take along.
            end_process(record(settings, "worker"), END_SECONDS)
            end_process(record(settings, "scheduler"), END_SECONDS)
            _start_scheduler(settings)
            client = _wait_for_scheduler(settings)
        if not workers(client) and recorded_process(record(settings, "worker")) is None:
            _start_worker(settings)
    return client


def try_connect(settings: Settings) -> Client | None:
    """Connects to a scheduler that is there; None where there is none."""
    if settings.scheduler:
        _refuse_open(settings.scheduler)
        return _client(settings.scheduler)
    if _has_died(settings):
        return None  # its address is left behind, as after a reboot; nobody need wait for an answer
    try:
        return _client(str(read_json(scheduler_file(settings))["address"]))
    except (OSError, ValueError, KeyError, QueueError):
        return None  # no file, or left behind by a scheduler that is gone


def keep_worker(settings: Settings, client: Client) -> None:
    """Starts a worker where this machine's own queue has lost its."""
    if settings.scheduler or workers(client):
        return
    with _locked(settings.queue_dir):
        running = recorded_process(record(settings, "worker"))
        if running is not None and time.time() - running.create_time() > START_SECONDS:
            end_process(record(settings, "worker"), END_SECONDS)  # it never registered
            running = None
        if running is None:
            _start_worker(settings)


def scheduler_file(settings: Settings) -> Path:
    """File in which the scheduler writes its address."""
    return settings.queue_dir / "scheduler.json"


def workers(client: Client) -> dict[str, Any]:
    """The scheduler's workers by address."""
    found: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return found


def places(client: Client, needs: str) -> int:
    """Jobs that may be done at once, over all workers.

    Args:
        client: Connected to the scheduler.
        needs: `core.jobs.job.SLOT` or `SHORT`.
    """
    return sum(int(worker["resources"].get(needs, 0)) for worker in workers(client).values())


def tasks(client: Client, needs: str) -> int:
    """Tasks of the queue that wait or run; ended ones do not count.

    Args:
        client: Connected to the scheduler.
        needs: As of `places`.
    """

    def count(dask_scheduler: Any) -> int:
        ended = ("memory", "erred", "released", "forgotten")
        return sum(
            str(key).startswith(f"{needs}-") and task.state not in ended
            for key, task in dask_scheduler.tasks.items()
        )

    return int(client.run_on_scheduler(count))


def submit(client: Client, needs: str, work: Callable[..., Any], *arguments: object) -> Any:
    """Give the scheduler a task that takes one of the places.

    Args:
        client: Connected to the scheduler.
        needs: As of `places`.
        work: What a worker does.
        *arguments: What it is told.

    Returns:
        The future.
    """
    return client.submit(
        work,
        *arguments,
        key=f"{needs}-{secrets.token_hex(4)}",
        resources={needs: 1},
        priority=int(needs == SHORT),
        pure=False,
        retries=0,
    )


def stop(settings: Settings) -> bool:
    """Ends scheduler and worker; a run that is being trained goes on to its end.

    Returns:
        Whether there was one.
    """
    client = None if settings.scheduler else try_connect(settings)
    records = [record(settings, name) for name in ("worker", "scheduler")]
    patience = END_SECONDS
    if client is not None:
        client.shutdown()
        # A worker that is asked a second time while it still works would hang for ever.
        deadline, patience = time.monotonic() + END_SECONDS, 0.0
        while any(map(recorded_process, records)) and time.monotonic() < deadline:
            time.sleep(0.05)
    ended = [end_process(path, patience) for path in records]  # also those that did not answer
    return client is not None or any(ended)


def _has_died(settings: Settings) -> bool:
    path = record(settings, "scheduler")
    return recorded_host(path) == host() and recorded_process(path) is None


def _refuse_open(address: str) -> None:
    """Refuse a scheduler that is open to its network: who reaches its port can run code on all
    workers."""
    protocol, _, rest = address.rpartition("://")
    name = rest.rpartition(":")[0] or rest
    if protocol != "tls" and name not in ("127.0.0.1", "localhost", "[::1]"):
        raise QueueError(
            tr("The queue's scheduler at {address} is open to its whole network.", address=address),
            tr("Give it certificates and a tls:// address, or unset UNFREEZE_SCHEDULER."),
        )


def _client(address: str) -> Client:
    # Imported late: it takes a second, and only the thread that needs it should wait.
    from distributed import Client

    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise QueueError(
            tr("The queue's scheduler at {address} does not answer.", address=address),
            tr("Start it, or unset UNFREEZE_SCHEDULER to use one on this machine."),
        ) from error


def _wait_for_scheduler(settings: Settings) -> Client:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        client = try_connect(settings)
        if client is not None:
            return client
        time.sleep(0.2)
    raise QueueError(
        tr("The queue's scheduler did not start."),
        tr("{log} says why.", log=str(settings.queue_dir / "scheduler.log")),
    )


def record(settings: Settings, name: str) -> Path:
    """Where the process `scheduler` or `worker` is written down."""
    return settings.queue_dir / f"{name}.process.json"


def _start_scheduler(settings: Settings) -> None:
    scheduler_file(settings).unlink(missing_ok=True)
    _start_detached(
        settings,
        "scheduler",
        ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        ["--scheduler-file", str(scheduler_file(settings))],
    )


def _start_worker(settings: Settings) -> None:
    trainings = max(1, len(gpu_names()))  # at once: one for each GPU
    threads = str(trainings + SHORT_JOBS)
    _start_detached(
        settings,
        "worker",
        ["--host", "127.0.0.1", "--no-dashboard", "--no-nanny", "--nthreads", threads],
        ["--resources", f"{SLOT}={trainings} {SHORT}={SHORT_JOBS}"],
        ["--nworkers", "1", "--memory-limit", "0"],
        ["--preload", "core.queue.dask_worker"],
        ["--scheduler-file", str(scheduler_file(settings))],
        ["--local-directory", str(settings.queue_dir / "scratch")],
    )


def _start_detached(settings: Settings, name: str, *parts: list[str]) -> None:
    environment = {**os.environ, **_DASK, "PYTHONPATH": str(APP_ROOT)}
    arguments = [part for group in parts for part in group]
    with open_log(settings.queue_dir / f"{name}.log") as log:
        command = [f"distributed.cli.dask_{name}", *arguments]
        record_process(record(settings, name), start_detached(command, log, environment).pid)


def _locked(queue_dir: Path) -> Lock:
    """One starter at a time: two servers must not start two schedulers."""
    queue_dir.mkdir(parents=True, exist_ok=True)
    return wait_for(queue_dir / "start.lock")
