"""One process that is ready for the next run: importing TensorFlow takes seconds that nobody should
wait for.

A Dask worker keeps it (`core.queue.dask_worker`): while the worker has nothing to do,
`python -m core.training.warm` imports what a run needs and waits for one line on standard input.
The run is handed to it, and the next one is started when the worker has nothing to do again. Where
there is none, where it has died, or where the code on disk is no longer what the worker was started
from, the run gets a new process. `UNFREEZE_WARM=off` turns it off. On a machine with GPUs there is
none: which GPU a process sees is decided before it imports TensorFlow.
"""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from core.files import read_json
from core.jobs.process import (
    Process,
    host,
    record_process,
    recorded_host,
    recorded_process,
    start_detached,
)
from core.logs import open_log
from core.settings import APP_ROOT

# It takes about 0.6 GB. It goes when less than `LEAST_BYTES` is left beside it.
NEEDED_BYTES = 2_000_000_000
LEAST_BYTES = 500_000_000
IDLE_SECONDS = 1800.0
# A job that is queued now begins before the next warm worker does.
QUIET_SECONDS = 2.0
POLL_SECONDS = 1.0
_MODULE = "core.training.warm"
_LOG = logging.getLogger(__name__)


def warm_records(queue_dir: Path) -> list[Path]:
    """Where warm workers are written down; some may be gone."""
    return sorted(queue_dir.glob("warm-*.json"))


def is_ready(record: Path) -> bool:
    """Whether a warm worker of this machine has imported everything and waits for work.

    It says so in its record, and takes that away when it begins to work.
    """
    try:
        return bool(read_json(record).get("ready")) and recorded_process(record) is not None
    except (OSError, ValueError):
        return False


class WarmWorker:
    """Keeps one warm process while there is nothing to do.

    Args:
        queue_dir: Where it is written down, and its log lies.
        idle_seconds: After so long without work there is none until the next work has ended.
    """

    def __init__(self, queue_dir: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        self._queue_dir = queue_dir
        self._idle_seconds = idle_seconds
        self._code = code_stamp()
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._record = queue_dir
        self._busy = 0
        self._wanted = True
        self._since = time.monotonic()
        self._ended = threading.Event()
        queue_dir.mkdir(parents=True, exist_ok=True)
        for record in warm_records(queue_dir):
            if recorded_host(record) == host() and recorded_process(record) is None:
                record.unlink(missing_ok=True)
        self._thread = threading.Thread(target=self._loop, name="warm", daemon=True)
        self._thread.start()

    def __enter__(self) -> WarmWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and keep none any more."""
        self._ended.set()
        self._thread.join()
        self._end()

    def wait(self, seconds: float) -> bool:
        """Wait until there is one; tell whether there is."""
        deadline = time.monotonic() + seconds
        while not (ready := is_ready(self._record)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return ready

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While it is open, no process is started: it would only slow down what was begun."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self._since, self._wanted = time.monotonic(), True

    def give(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str]
    ) -> Process | None:
        """Hand work to the process.

        Args:
            command: A module, and what it is told.
            log: Gets what it prints from now on.
            environment: Variables that differ from those of this process.

        Returns:
            The process, a child of this one; None where there is none that can take it.
        """
        order = {"command": list(command), "log": str(log), "environment": dict(environment)}
        with self._lock:
            process = self._process
            if process is None or process.stdin is None:
                return None
            if process.poll() is None and self._code == code_stamp():
                with suppress(OSError):  # it has just died
                    process.stdin.write(json.dumps(order).encode() + b"\n")
                    process.stdin.close()
                    self._process = None
                    return process
            self._end()
        return None

    def _loop(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            try:
                with self._lock:
                    self._tend()
            except OSError as error:
                _LOG.warning("no warm worker can be started: %s", error)
                self._wanted = False  # until the next work has ended

    def _tend(self) -> None:
        quiet = time.monotonic() - self._since
        free = psutil.virtual_memory().available
        if self._process is not None:
            if self._process.poll() is not None or quiet > self._idle_seconds or free < LEAST_BYTES:
                self._end()
                self._wanted = False  # until the next work has ended
        elif self._wanted and not self._busy and quiet > QUIET_SECONDS and free > NEEDED_BYTES:
            self._wanted = self._code == code_stamp()
            if self._wanted:
                self._start()

    def _start(self) -> None:
        self._record = self._queue_dir / f"warm-{host()}-{secrets.token_hex(4)}.json"
        with open_log(self._queue_dir / "warm.log") as log:
            command = [_MODULE, str(self._record)]
            self._process = start_detached(command, log, stdin=subprocess.PIPE)
        record_process(self._record, self._process.pid)
        self._since = time.monotonic()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
            process.wait()
            self._record.unlink(missing_ok=True)


def code_stamp() -> int:
    """Differs where the app's code does, or where packages were installed or removed."""
    files = sorted((APP_ROOT / "core").rglob("*.py"))
    facts = [(str(file), *_facts(file)) for file in files]
    return hash((*facts, _facts(Path(sysconfig.get_path("purelib")))))


def _facts(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0  # deleted in between
    return stat.st_mtime_ns, stat.st_size
