"""A run's LiteRT model, `model.tflite`: made from `model.keras` when it is first needed.

A task makes it (see `core.jobs.tasks`): `python -m core.export.litert_task RUN_DIR/litert`. It
leaves `parity.json` there, and `model.tflite` in the run's folder once that has passed the check.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import RunError
from core.jobs.tasks import Task, TaskState, read_task, start_task
from core.language import tr
from core.runs.run import Run

POLL_SECONDS = 0.2
# Not the other tasks' queue: one of them may be what waits for the model.
QUEUE = "models"
_MODULE = "core.export.litert_task"


def folder(run_dir: Path) -> Path:
    """The task's folder."""
    return run_dir / "litert"


def ask(run_dir: Path) -> None:
    """Starts the task, unless it is running already.

    Raises:
        RunError: If the folder cannot be written to, or no process can be started.
    """
    start_task(folder(run_dir), _MODULE)


def ask_early(run: Run) -> None:
    """Starts the task where nobody has asked for the model yet, but soon will."""
    untouched = read_task(folder(run.path)).state is TaskState.NONE
    if untouched and run.has_model and not run.litert_path.exists():
        ask(run.path)


def wait_for(run_dir: Path, waiting: Callable[[], None] = lambda: None) -> None:
    """Sees to it that `model.tflite` is there, made by another process where it is missing.

    Args:
        run_dir: The folder of a run with a `model.keras`.
        waiting: Called once where it takes a while.

    Raises:
        RunError: If it cannot be made.
    """
    if (run_dir / "model.tflite").is_file():
        return
    run_dir = run_dir.resolve()  # the task starts in another folder
    waiting()
    ask(run_dir)
    while (task := read_task(folder(run_dir))).running:
        time.sleep(POLL_SECONDS)
    if not (run_dir / "model.tflite").is_file():
        raise _refusal(task)


def forget(run: Run) -> None:
    """Takes away what was made of a model that is about to be replaced.

    A task that is making it sees its folder gone, and ends.
    """
    shutil.rmtree(folder(run.path), ignore_errors=True)
    run.litert_path.unlink(missing_ok=True)


def _refusal(task: Task) -> RunError:
    error = task.error or {}
    what = error.get("what") or tr("The LiteRT model was not made: that was stopped.")
    return RunError(what, error.get("way_out") or tr("Try it again."))
