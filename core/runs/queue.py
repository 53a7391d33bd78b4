"""`python -m core.runs.queue status|stop`: the queue without the app."""

# ruff: noqa: T201 - a command answers by printing
from __future__ import annotations

import sys

from core.config import Settings
from core.files import read_json
from core.runs import scheduler
from core.runs.run import Run
from core.runs.store import RunStore, in_order

USAGE = "usage: python -m core.runs.queue status|stop"


def main(arguments: list[str]) -> int:
    """Answers one command.

    Returns:
        The exit code.
    """
    settings = Settings.from_environment()
    if arguments == ["stop"]:
        print("stopped" if scheduler.stop(settings) else "not running")
        return 0
    if arguments == ["status"]:
        print("\n".join(status_lines(settings)))
        return 0
    print(USAGE)
    return 2


def status_lines(settings: Settings) -> list[str]:
    """Scheduler and workers, then every run that goes on or waits, one a line."""
    client = scheduler.try_connect(settings)
    if client is None:
        lines = ["not running"]
    else:
        found = scheduler.workers(client)
        lines = [f"running, {len(found)} workers, scheduler {client.scheduler.address}"]
        lines += [f"  worker {name} on {worker['host']}" for name, worker in found.items()]
        client.close()
    runs = RunStore(settings.runs_dir).list(rate_tests=True)
    waiting = in_order(runs)
    going_on = [run for run in runs if run.status.state.active and run not in waiting]
    lines += [f"  {run.id} {run.status.state} {run.status.phase}{_where(run)}" for run in going_on]
    lines += [f"  {run.id} queued, number {place}" for place, run in enumerate(waiting, start=1)]
    return lines


def _where(run: Run) -> str:
    try:
        record = read_json(run.process_path)
        return f", process {record['pid']} on {record['host']}"
    except (OSError, ValueError, KeyError):
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
