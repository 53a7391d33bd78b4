"""Who uses the processors of a machine that server, training and browsers share."""

from __future__ import annotations

from pathlib import Path

import psutil

from core.jobs.process import recorded_process

# By what stands in a process's command line; the first that fits.
_KINDS = (
    ("core.training", "training"),
    ("chromium", "browsers"),
    ("playwright", "clients"),
    ("benchmarks.", "clients"),
    ("distributed", "queue"),
    ("dask", "queue"),
)


class ProcessorTime:
    """Seconds of processor time by kind of process, over all that a benchmark has started.

    Kinds are server (with the processes that decode for it), training, queue, browsers, and
    clients: this process, and what it drives the browsers by.

    Args:
        queue_dir: Has the records of the queue's processes, which are nobody's children.
    """

    def __init__(self, queue_dir: Path) -> None:
        self._queue_dir = queue_dir
        self._first: dict[tuple[int, float], float] = {}
        self._last: dict[tuple[int, float], tuple[str, float]] = {}

    def look(self) -> None:
        """Reads the clocks; what ends between two looks counts as at the last one."""
        begun = not self._last
        for process in self._processes():
            try:
                key = (process.pid, process.create_time())
                times = process.cpu_times()
                kind = self._last.get(key, (_kind(process), 0.0))[0]
            except psutil.Error:
                continue
            self._first.setdefault(key, times.user + times.system if begun else 0.0)
            self._last[key] = (kind, times.user + times.system)

    def seconds(self) -> dict[str, float]:
        """Seconds from the first look to the last, by kind."""
        totals: dict[str, float] = {}
        for key, (kind, last) in self._last.items():
            totals[kind] = totals.get(kind, 0.0) + last - self._first[key]
        return totals

    def _processes(self) -> list[psutil.Process]:
        here = psutil.Process()
        records = [self._queue_dir / f"{n}.process.json" for n in ("scheduler", "worker")]
        roots = [here, *(p for p in map(recorded_process, records) if p is not None)]
        found = {p.pid: p for root in roots for p in [root, *root.children(recursive=True)]}
        return list(found.values())


def _kind(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    return next((kind for part, kind in _KINDS if part in line), "server")
