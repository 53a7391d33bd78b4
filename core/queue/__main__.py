"""`python -m core.queue status|start|stop`: the queue without the app.

`start` sees to it that what waits is trained, as the app does once somebody opens it: after a power
cut, say. `stop` ends everything that the app started: runs that go on stop, queued ones leave the
queue, and all of them can be resumed.
"""

# ruff: noqa: T201 - a command answers by printing
from __future__ import annotations

import sys
import time

from core.errors import QueueError
from core.jobs.job import SHORT, SLOT
from core.jobs.listing import active_jobs
from core.queue import scheduler
from core.queue.dispatcher import Dispatcher
from core.queue.started import Started, end_all, started
from core.queue.supervisor import startable
from core.runs.reader import Runs, in_order
from core.settings import Settings

USAGE = "usage: python -m core.queue status|start|stop"


def main(arguments: list[str]) -> int:
    """Answers one command.

    Returns:
        The exit code.
    """
    settings = Settings.from_environment()
    if arguments == ["stop"]:
        print("stopped" if end_all(settings) else "not running")
        return 0
    if arguments == ["start"]:
        return start(settings)
    if arguments == ["status"]:
        print("\n".join(status_lines(settings)))
        return 0
    print(USAGE)
    return 2


def start(settings: Settings) -> int:
    """Gives the queue's processes what waits, and starts them where they are missing.

    Returns:
        The exit code.
    """
    waiting = sum(len(startable(settings.workspace, needs)) for needs in (SHORT, SLOT))
    if not waiting:
        print("no job waits")
        return 0
    dispatcher = Dispatcher(settings)
    try:
        _wait_for_worker(settings)
        dispatcher.dispatch()
    except QueueError as error:
        print(error)
        return 1
    except OSError as error:  # of the workspace, or one of Dask's
        print(f"The queue cannot be started: {error.strerror or error}.")
        return 1
    else:
        who = "the queue is running" if dispatcher.leads else "the app is open and sees to it"
        print(f"{who}, jobs that wait: {waiting}")
        return 0
    finally:
        dispatcher.close()


def _wait_for_worker(settings: Settings) -> None:
    client = scheduler.connect(settings)
    deadline = time.monotonic() + scheduler.START_SECONDS
    while not scheduler.places(client, SLOT) and time.monotonic() < deadline:
        scheduler.keep_worker(settings, client)
        time.sleep(0.2)
    client.close()


def status_lines(settings: Settings) -> list[str]:
    """The queue's processes, then every run that goes on or waits, one a line."""
    client = scheduler.try_connect(settings)
    if client is None:
        lines = ["not running"]
    else:
        found = scheduler.workers(client)
        words = "1 worker" if len(found) == 1 else f"{len(found)} workers"
        lines = [f"running, {words}, scheduler {client.scheduler.address}"]
        lines += [f"  worker {name} on {worker['host']}" for name, worker in found.items()]
        client.close()
    runs = Runs(settings.runs_dir).list(rate_tests=True)
    lines += [f"  {_process_words(entry)}" for entry in started(settings, runs)]
    waiting = in_order(runs)
    if client is None and waiting:
        lines[0] += "; runs wait until somebody opens the app, or for `start`"
    jobs = active_jobs(settings.queue_dir)
    lines += [f"  {job.folder.relative_to(settings.runs_dir)} {job.state}" for job in jobs]
    going_on = [run for run in runs if run.status.state.active and run not in waiting]
    lines += [f"  {run.id} {run.status.state} {run.status.phase}" for run in going_on]
    lines += [f"  {run.id} queued, number {place}" for place, run in enumerate(waiting, start=1)]
    return lines


def _process_words(entry: Started) -> str:
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.since))
    memory = "" if entry.memory is None else f", {entry.memory / 1e6:.0f} MB"
    run = "" if entry.run is None else f" {entry.run.id}"
    return f"{entry.role}{run}: process {entry.pid} on {entry.host} since {since}{memory}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
