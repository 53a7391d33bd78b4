"""A worker that is asked to stop, or dies, at a moment of its own run: after an epoch, or at once.

From outside, a test may come when the run has ended already.
"""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.jobs.reporter import Reporter
from core.runs.metrics_log import MetricsWriter


def prod(name: str, epoch: int, run_dir: Path) -> None:
    """Has this process stopped or killed after an epoch, or where the run begins for 0.

    Args:
        name: `stop` or `die`.
        epoch: Its number.
        run_dir: The run that this process is about to train.
    """
    deeds: dict[str, Callable[[], None]] = {"stop": (run_dir / "stop.request").touch, "die": die}
    deed = deeds[name]
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
