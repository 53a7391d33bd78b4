"""A run's LiteRT model, `model.tflite`: made from `model.keras` when it is first needed.

A job makes it (`core.export.litert_task`) in the run's folder `litert`. It leaves `parity.json`
there, and `model.tflite` in the run's folder once that has passed the check.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import RunError
from core.jobs.job import Job, Kind, ask, read_job
from core.language import mark, tr
from core.runs.run import Run

POLL_SECONDS = 0.2
KIND = Kind("core.export.litert_task", mark("LiteRT model"))


def folder(run_dir: Path) -> Path:
    """The job's folder."""
    return run_dir / "litert"


def ask_for(run_dir: Path, queue_dir: Path | None = None) -> None:
    """Ask for the job, unless it is active already.

    Args:
        run_dir: The run's folder.
        queue_dir: As of `core.jobs.job.ask`.

    Raises:
        RunError: If the folder cannot be written to, or no process can be started.
    """
    ask(folder(run_dir), KIND, queue_dir=queue_dir)


def ask_early(run: Run, queue_dir: Path | None = None) -> None:
    """Ask for the job where nobody has asked for the model yet, but soon will."""
    untouched = read_job(folder(run.path)) is None
    if untouched and run.has_model and not run.litert_path.exists():
        ask_for(run.path, queue_dir)


def wait_for(run_dir: Path, waiting: Callable[[], None] = lambda: None) -> None:
    """See to it that `model.tflite` is there, made by another process where it is missing.

    The process is started here, whoever else has asked for it: what waits may be a job of the
    queue, whose place the process would wait for.

    Args:
        run_dir: The folder of a run with a `model.keras`.
        waiting: Called once where it takes a while.

    Raises:
        RunError: If it cannot be made.
    """
    if (run_dir / "model.tflite").is_file():
        return
    run_dir = run_dir.resolve()  # the job starts in another folder
    waiting()
    ask_for(run_dir)
    while (job := read_job(folder(run_dir))) is not None and job.active:
        time.sleep(POLL_SECONDS)
    if not (run_dir / "model.tflite").is_file():
        raise _refusal(job)


def forget(run: Run) -> None:
    """Takes away what was made of a model that is about to be replaced.

    A job that is making it sees its folder gone, and ends.
    """
    shutil.rmtree(folder(run.path), ignore_errors=True)
    run.litert_path.unlink(missing_ok=True)


def _refusal(job: Job | None) -> RunError:
    error = (job.status.error if job is not None else None) or {}
    what = error.get("what") or tr("The LiteRT model was not made: that was stopped.")
    return RunError(what, error.get("way_out") or tr("Try it again."))
