"""Figures of an installation for Prometheus: `python -m core.metrics`.

It prints the text format, for node_exporter's textfile collector or a cron job; sessions and the
like come from the server's own `/_stcore/metrics`.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from core.datasets import DatasetStore
from core.runs import RunState, RunStore
from core.runs.process import recorded_process
from core.runs.scheduler import record
from core.settings import Settings


def metrics(settings: Settings) -> str:
    """The figures in Prometheus' text format."""
    return "".join(f"{line}\n" for line in _lines(settings))


def _lines(settings: Settings) -> Iterator[str]:
    states = Counter(run.status.state for run in RunStore(settings.runs_dir).list(rate_tests=True))
    yield from _head("unfreeze_runs", "Runs by state.")
    yield from (f'unfreeze_runs{{state="{state}"}} {states[state]}' for state in RunState)
    yield from _head("unfreeze_datasets", "Data sets.")
    yield f"unfreeze_datasets {len(DatasetStore(settings.datasets_dir).list())}"
    yield from _head("unfreeze_queue_process_up", "Whether a process of the queue runs here.")
    for name in ("scheduler", "worker"):
        up = int(recorded_process(record(settings, name)) is not None)
        yield f'unfreeze_queue_process_up{{process="{name}"}} {up}'
    yield from _head("unfreeze_workspace_bytes", "Size of what the workspace holds.")
    for name in ("datasets", "runs", "features", "downloads", "logs"):
        yield f'unfreeze_workspace_bytes{{folder="{name}"}} {_size(settings.workspace / name)}'
    if settings.workspace.is_dir():
        usage = shutil.disk_usage(settings.workspace)
        yield from _head("unfreeze_disk_free_bytes", "Free space on the workspace's disk.")
        yield f"unfreeze_disk_free_bytes {usage.free}"


def _head(name: str, words: str) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} gauge"


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
