"""A worker that is asked to stop, or dies, at a moment of its own run: after an epoch, or at once.

From outside, a test may come when the run has ended already.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.jobs.reporter import Reporter
from core.runs.metrics_log import MetricsWriter
from core.training import worker


def prod(deed: Callable[[], None], epoch: int) -> None:
    """Has the deed done after an epoch of that number, or where the run begins for 0."""
    begin, write = Reporter.begin, MetricsWriter.write

    def begun(self: Reporter, *before: Any) -> None:
        begin(self, *before)
        if not epoch:
            deed()

    def written(self: MetricsWriter, **row: Any) -> None:
        write(self, **row)
        if (row["event"], row["epoch"]) == ("epoch", epoch):
            deed()

    Reporter.begin, MetricsWriter.write = begun, written  # type: ignore[method-assign]


def die() -> None:
    """In the middle of whatever comes next."""
    threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGKILL)).start()


if __name__ == "__main__":
    run_dir = Path(sys.argv[-1])
    deeds: dict[str, Callable[[], None]] = {"stop": (run_dir / "stop.request").touch, "die": die}
    prod(deeds[sys.argv[1]], int(sys.argv[2]))
    worker.leave(worker.main([str(run_dir)]))
