"""What `test_tasks.py` starts: a task of the kind that its second argument names."""

import os
import sys
import time
from pathlib import Path

from core.errors import ExportError
from core.jobs.tasks import TaskReporter, run_task


def work(reporter: TaskReporter) -> dict[str, int]:
    kind = sys.argv[2]
    if kind == "refuse":
        raise ExportError("It does not fit.", "Take another.")
    if kind == "die":
        os._exit(3)
    if kind == "deaf":
        reporter.say("Asleep")
        time.sleep(600)
    reporter.say("Counting")
    for done in range(20_000 if kind == "long" else 2):
        reporter.advance(done, 200)
        time.sleep(0.05)
    return {"answer": 42}


if __name__ == "__main__":
    sys.exit(run_task(Path(sys.argv[1]), work))
