"""Figures of an installation for Prometheus: `python -m core.metrics`.

It prints the text format, for node_exporter's textfile collector or a cron job; sessions and the
like come from the server's own `/_stcore/metrics`.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from core.datasets import Datasets
from core.jobs.process import recorded_process
from core.queue.scheduler import record
from core.runs import Runs, RunState
from core.settings import Settings


def metrics(settings: Settings) -> str:
    """Return the figures in Prometheus' text format."""
    registry = CollectorRegistry()
    states = Counter(run.status.state for run in Runs(settings.runs_dir).list(rate_tests=True))
    runs = Gauge("unfreeze_runs", "Runs by state.", ["state"], registry=registry)
    for state in RunState:
        runs.labels(state).set(states[state])
    datasets = Gauge("unfreeze_datasets", "Data sets.", registry=registry)
    datasets.set(len(Datasets(settings.datasets_dir).list()))
    words = "Whether a process of the queue runs here."
    up = Gauge("unfreeze_queue_process_up", words, ["process"], registry=registry)
    for name in ("scheduler", "worker"):
        up.labels(name).set(recorded_process(record(settings, name)) is not None)
    words = "Size of what the workspace holds."
    sizes = Gauge("unfreeze_workspace_bytes", words, ["folder"], registry=registry)
    for name in ("datasets", "runs", "features", "downloads", "logs"):
        sizes.labels(name).set(_size(settings.workspace / name))
    if settings.workspace.is_dir():
        words = "Free space on the workspace's disk."
        free = Gauge("unfreeze_disk_free_bytes", words, registry=registry)
        free.set(shutil.disk_usage(settings.workspace).free)
    return generate_latest(registry).decode()


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            size += path.lstat().st_size
        except OSError:
            continue  # it comes and goes
    return size


def main() -> int:
    """Prints the figures."""
    sys.stdout.write(metrics(Settings.from_environment()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
