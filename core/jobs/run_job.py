"""The process of a job: `python -m core.jobs.run_job FOLDER`.

A process of its own gives all memory back when it ends and outlives the web server. Everything that
goes wrong is caught here, once, and written into the job's status.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from core.errors import RunError
from core.jobs.failures import explained
from core.jobs.job import Kind, read_job
from core.jobs.lock import take
from core.jobs.reporter import Reporter, StopRequested
from core.jobs.state import JobState, read_status
from core.language import tr
from core.logs import log_to_stderr
from core.settings import APP_ROOT

# Does a job's work and returns its results; `stopped` among them says whether a stop cut it short.
Work = Callable[[Reporter], dict[str, Any]]
_LOG = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Do the job whose folder is named.

    Returns:
        The exit code: 0 also for a job that failed and says so in its status.
    """
    folder = Path(arguments[0]).resolve()
    log_to_stderr()
    job = read_job(folder)
    if job is None:
        _LOG.error("%s holds no job", folder)
        return 2
    return run_job(folder, lambda reporter: _work(job.kind)(reporter, *job.arguments), job.kind)


def run_job(
    folder: Path,
    work: Work,
    kind: Kind,
    place: Callable[[], AbstractContextManager[bool]] = lambda: nullcontext(True),
    after: Callable[[], None] = lambda: None,
) -> int:
    """Do a job's work in this process, unless another one does it, and write how it ended.

    Args:
        folder: The job's folder.
        work: Imports keras only when it is called.
        kind: What it is.
        place: Takes what the work needs of this machine, such as a GPU; False where that was given
            up.
        after: Called once the job has ended.

    Returns:
        The exit code.
    """
    lock = take(folder / "lock")
    if lock is None:
        _LOG.info("%s is worked on by another process", folder)
        return 0
    with lock, place() as is_placed:
        status = read_status(folder)
        if not is_placed or status.state is not JobState.QUEUED:
            _LOG.info("%s is %s already", folder, status.state)
            return 0
        reporter = Reporter(folder, kind.stop_seconds)
        reporter.begin(status)
        _do(reporter, work)
    after()
    return 0


def leave(code: int) -> NoReturn:
    """End the process. Taking TensorFlow down in order would keep the next job waiting."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _do(reporter: Reporter, work: Work) -> None:
    try:
        results = work(reporter)
    except StopRequested:
        reporter.finish(JobState.STOPPED, {})
    except Exception as error:  # noqa: BLE001 - the edge of the process
        # Whatever it is, the user is told and the log has the rest.
        _LOG.exception("failed")
        reporter.fail(explained(error), traceback.format_exc())
    else:
        stopped = results.pop("stopped", False)
        reporter.finish(JobState.STOPPED if stopped else JobState.COMPLETED, results)


def _work(kind: Kind) -> Callable[..., dict[str, Any]]:
    """A kind's `work`. Its record may come from a backup: only the app's own modules count."""
    spec = find_spec(kind.module)
    if spec is None or not Path(spec.origin or "").resolve().is_relative_to(APP_ROOT):
        raise RunError(
            tr("There is no kind of job {module}.", module=repr(kind.module)), tr("Try it again.")
        )
    work: Callable[..., dict[str, Any]] = import_module(kind.module).work
    return work


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
