"""The process that trains one run: `python -m core.training.worker RUN_DIR`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import RunError
from core.jobs.gpus import taken
from core.jobs.reporter import Reporter
from core.jobs.run_job import leave, run_job
from core.jobs.state import read_status
from core.logs import log_to_stderr
from core.runs.reader import Runs
from core.runs.run import TRAINING, RunState
from core.runs.tracking import track
from core.settings import Settings


def main(arguments: list[str]) -> int:
    """Train the run whose folder is named.

    Returns:
        The exit code: 0 also for a run that failed and says so in its status.
    """
    run_dir = Path(arguments[0]).resolve()
    log_to_stderr()
    settings = Settings.from_environment()
    every = Runs(run_dir.parent).get(run_dir.name).config.training.all_gpus
    place = partial(taken, settings.queue_dir, every, partial(_is_queued, run_dir))
    return run_job(run_dir, work, TRAINING, place, partial(_after, run_dir))


def work(reporter: Reporter) -> dict[str, Any]:
    """Train, or look for a learning rate.

    Returns:
        The run's results.
    """
    # Imported only now, so that the page sees "starting" during the seconds that keras takes;
    # and before pandas, because on macOS the other order hangs.
    import_keras()
    import keras

    from core.training.prepare import prepared
    from core.training.rate_finder import rate_test
    from core.training.stage import train_stage

    keras.config.disable_interactive_logging()
    reporter.check_stop()
    reporter.phase("reading")
    run = Runs(reporter.folder.parent).get(reporter.folder.name)
    settings = Settings.from_environment()
    stage, data = prepared(run, settings)
    train = rate_test if run.is_rate_test else train_stage
    return train(run, stage, data, settings, reporter)


def import_keras() -> None:
    """Imports keras without what a run does not use."""
    with _hidden("sklearn"):
        import keras  # noqa: F401


def _is_queued(run_dir: Path) -> bool:
    return run_dir.is_dir() and read_status(run_dir).state is RunState.QUEUED


def _after(run_dir: Path) -> None:
    with suppress(RunError):  # it may have been deleted since
        run = Runs(run_dir.parent).get(run_dir.name)
        if run.status.state is RunState.COMPLETED:
            shutil.rmtree(run.checkpoints_path, ignore_errors=True)
        track(run)


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Hide a module that keras imports where it is available.

    scikit-learn is a fifth of what importing keras takes, and a run does not use it.
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
