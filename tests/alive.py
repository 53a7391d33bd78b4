"""Runs that look alive without a process."""

import os
import time

from core.runs import Run


def beat(run: Run) -> None:
    """A heartbeat from an hour ahead: the run stays alive however long a test's machine takes."""
    ahead = time.time() + 3600
    (run.path / "heartbeat").touch()
    os.utime(run.path / "heartbeat", (ahead, ahead))
