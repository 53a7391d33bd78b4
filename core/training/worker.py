"""The process that trains one run: `python -m core.training.worker RUN_DIR`.

A process of its own gives all memory back when it ends and outlives the web server. Everything
that goes wrong is caught here, once, and written into the run's status.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from core.errors import RunError, UnfreezeError
from core.files import locked_or_closed
from core.jobs.reporter import Reporter, StopRequested
from core.language import tr
from core.logs import log_to_stderr
from core.runs.run import Run, RunState
from core.runs.store import RunStore
from core.runs.tracking import track
from core.settings import Settings

_LOG = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Trains the run whose folder is named.

    Returns:
        The exit code: 0 also for a run that failed and says so in its status.
    """
    run_dir = Path(arguments[0]).resolve()
    log_to_stderr()
    lock = _lock(run_dir)
    if lock is None:
        _LOG.info("run %s is being trained by another process", run_dir.name)
        return 0
    with lock:
        run = RunStore(run_dir.parent).get(run_dir.name)
        if run.status.state is not RunState.QUEUED:
            _LOG.info("run %s is %s already", run.id, run.status.state)
            return 0
        reporter = Reporter(run_dir)
        reporter.begin(run.status)
        _train(run, Settings.from_environment(), reporter)
    with contextlib.suppress(RunError):  # it may have been deleted since
        track(RunStore(run_dir.parent).get(run_dir.name))
    return 0


def _train(run: Run, settings: Settings, reporter: Reporter) -> None:
    try:
        results = _run_stage(run, settings, reporter)
    except StopRequested:
        reporter.finish(RunState.STOPPED, {})
    except UnfreezeError as error:
        _LOG.exception("failed")
        reporter.fail(error, traceback.format_exc())
    except MemoryError:
        reporter.fail(_out_of_memory(), traceback.format_exc())
    except Exception as error:  # noqa: BLE001 - the edge of the process
        # Whatever it is, the user is told and the log has the rest.
        _LOG.exception("failed")
        reporter.fail(_explained(error), traceback.format_exc())
    else:
        state = RunState.STOPPED if results.pop("stopped") else RunState.COMPLETED
        reporter.finish(state, results)


def _run_stage(run: Run, settings: Settings, reporter: Reporter) -> dict[str, Any]:
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
    stage, data = prepared(run, settings)
    work = rate_test if run.is_rate_test else train_stage
    return work(run, stage, data, settings, reporter)


def import_keras() -> None:
    """Imports keras without what a run does not use."""
    with _hidden("sklearn"):
        import keras  # noqa: F401


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Lets keras do without a module that it imports where it is there.

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


def _out_of_memory() -> RunError:
    return RunError(
        tr("There was not enough memory for this run."),
        tr("Choose a smaller batch size, a smaller image size, or a later block."),
    )


def _explained(error: Exception) -> UnfreezeError:
    if type(error).__name__ == "ResourceExhaustedError":
        return _out_of_memory()
    if isinstance(error, OSError):
        return _explained_io(error)
    return RunError(
        tr("Training ended with an unexpected error: {kind}.", kind=type(error).__name__),
        tr("The details below and worker.log in the run's folder say more."),
    )


def _explained_io(error: OSError) -> UnfreezeError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return RunError(
            tr("The disk is full: the run could not be saved."),
            tr("Delete runs or stored features on the Runs page, then resume it."),
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return RunError(
            tr("The workspace cannot be written to: {error}.", error=str(error)),
            tr("Give the app the right to write there, then resume the run."),
        )
    return RunError(
        tr("Reading or writing failed: {error}.", error=str(error)),
        tr("See to the disk, then resume the run."),
    )


def _lock(run_dir: Path) -> IO[str] | None:
    """Takes the run for this process; the lock goes when the process does.

    `process.json` says whose it is, and the heartbeat that it is still there.
    """
    handle = (run_dir / "lock").open("a")
    return locked_or_closed(handle)


def leave(code: int) -> NoReturn:
    """Ends the process. Taking TensorFlow down in order would keep the next run waiting."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
