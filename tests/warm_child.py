"""Child processes that begin with TensorFlow imported: a real process in a tenth of a second.

Python's forkserver imports it once for all tests of a pytest worker, and forks. That is safe
because nothing is computed in the server itself: TensorFlow starts its threads when it is used.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

from core.settings import APP_ROOT

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "tensorflow",
        "keras",
        "core.training.worker",
        "core.training.prepare",
        "core.training.rate_finder",
        "core.training.stage",
    ]
)


class WarmChild:
    """A child process, with the part of `subprocess.Popen` that tests use.

    Args:
        work: Called in the child; a module's function, or a partial of one.
        log: Gets what the child prints.
        environment: The child's variables.
    """

    def __init__(self, work: Callable[[], object], log: Path, environment: dict[str, str]) -> None:
        self._process = CONTEXT.Process(target=_work, args=(work, log, environment))
        self._process.start()
        self.pid = int(self._process.pid or 0)

    def wait(self, seconds: float | None = None) -> int:
        """Wait for the end; the exit code, below 0 for a signal."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid} still runs after {seconds} s")
        return self._process.exitcode

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, where it still runs."""
        self._process.kill()


def _work(work: Callable[[], object], log: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(APP_ROOT)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    work()
