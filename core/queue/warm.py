"""One process that is ready for the next run: importing TensorFlow takes seconds that nobody should
wait for.

A Dask worker keeps it (`core.queue.dask_worker`): while the worker has nothing to do,
`python -m core.training.warm` imports what a run needs and waits for one line on its standard
input. The run is handed to it, and the next spare is started when the worker has nothing to do
again. Where there is none, where it has died, or where the code on disk is no longer what the
worker was started from, the run gets a new process as ever. `UNFREEZE_WARM=off` turns it off. On a
machine with GPUs there is none: which GPU a process sees is decided before it starts.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from core.files import locked_or_closed, read_json
from core.jobs import tasks
from core.jobs.gpus import Share
from core.jobs.process import host, record_process, recorded_host, recorded_process
from core.logs import open_log
from core.runs import litert
from core.settings import APP_ROOT

# A spare takes about 0.6 GB. It goes when less than `LEAST_BYTES` is left beside it.
NEEDED_BYTES = 2_000_000_000
LEAST_BYTES = 500_000_000
IDLE_SECONDS = 1800.0
# A run that is queued now begins before the next spare does.
QUIET_SECONDS = 2.0
POLL_SECONDS = 1.0
# Held by a short task, such as an export, while it works.
TASK_LOCKS = (f"{tasks.QUEUE}.lock", f"{litert.QUEUE}.lock")
_COMMAND = [sys.executable, "-m", "core.training.warm"]
_LOG = logging.getLogger(__name__)


def start(
    command: Sequence[str],
    log: Path,
    share: Share,
    spares: Spares | None = None,
    told: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, or hands its work to the spare.

    Args:
        command: Python, `-m`, a module, and what it is told.
        log: Gets what it prints.
        share: What it may use.
        spares: Where there may be a spare.
        told: Environment variables that differ from those of this process.

    Returns:
        The process, a child of this one.
    """
    differs = dict(told or {})
    if spares is not None and not share.handles:
        warm = spares.give(command[2], command[3:], log, differs)
        if warm is not None:
            return warm
    with log.open("ab") as handle:
        return subprocess.Popen(
            command,
            cwd=APP_ROOT,
            env={**os.environ, **differs, **share.environment},
            pass_fds=share.handles,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def spare_records(queue_dir: Path) -> list[Path]:
    """Where spares are written down; some may be gone."""
    return sorted(queue_dir.glob("spare-*.json"))


def spare_ready(record: Path) -> bool:
    """Whether a spare of this machine has imported everything and waits for work.

    It says so in its record, and takes that away when it begins to work.
    """
    try:
        return bool(read_json(record).get("ready")) and recorded_process(record) is not None
    except (OSError, ValueError):
        return False


class Spares:
    """Keeps one spare while there is nothing to do.

    Args:
        queue_dir: Where it is written down, and its log lies.
        idle_seconds: After so long without work there is none until the next work has ended.
    """

    def __init__(self, queue_dir: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        self._queue_dir = queue_dir
        self._idle_seconds = idle_seconds
        self._code = code_stamp()
        self._lock = threading.Lock()
        self._spare: _Spare | None = None
        self._busy = 0
        self._wanted = True
        self._since = time.monotonic()
        self._ended = threading.Event()
        queue_dir.mkdir(parents=True, exist_ok=True)
        for record in spare_records(queue_dir):
            if recorded_host(record) == host() and recorded_process(record) is None:
                record.unlink(missing_ok=True)
        self._thread = threading.Thread(target=self._loop, name="spares", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the spare and keeps none any more."""
        self._ended.set()
        self._thread.join()
        self._end_spare()

    def __enter__(self) -> Spares:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ready(self) -> bool:
        """Whether there is a spare that has imported everything."""
        spare = self._spare
        return spare is not None and spare.ready

    def wait(self, seconds: float) -> bool:
        """Waits until there is one; tells whether there is."""
        deadline = time.monotonic() + seconds
        while not self.ready and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.ready

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While it is open, no spare is started: it would only slow down what was begun."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self._since, self._wanted = time.monotonic(), True

    def give(
        self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes] | None:
        """Hands work to the spare.

        Args:
            module: As after `python -m`.
            arguments: What it is told.
            log: Gets what it prints from now on.
            environment: Variables that differ from those of this process.

        Returns:
            Its process, a child of this one; None where there is no spare that can take it.
        """
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is None:
            return None
        if not spare.dead and self._code == code_stamp():
            order = {"module": module, "arguments": list(arguments), "log": str(log)}
            if spare.tell({**order, "environment": dict(environment)}):
                return spare.process
        spare.end()
        return None

    def _loop(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            try:
                self._tend()
            except OSError as error:
                _LOG.warning("no spare process can be started: %s", error)
                self._wanted = False  # until the next work has ended

    def _tend(self) -> None:
        with self._lock:
            quiet = time.monotonic() - self._since
            free = psutil.virtual_memory().available
            if self._spare is not None:
                if self._spare.dead or quiet > self._idle_seconds or free < LEAST_BYTES:
                    self._end_spare()
                    self._wanted = False  # until the next work has ended
            elif self._wanted and not self._busy and quiet > QUIET_SECONDS and free > NEEDED_BYTES:
                self._wanted = self._code == code_stamp()
                if self._wanted and not self._task_works():
                    self._spare = _Spare(self._queue_dir)
                    self._since = time.monotonic()

    def _task_works(self) -> bool:
        """Whether a short task is at work: somebody waits for that now."""
        handles = [locked_or_closed((self._queue_dir / name).open("a")) for name in TASK_LOCKS]
        for handle in handles:
            if handle is not None:
                handle.close()
        return None in handles

    def _end_spare(self) -> None:
        if self._spare is not None:
            self._spare.end()
            self._spare = None


class _Spare:
    """One such process."""

    def __init__(self, queue_dir: Path) -> None:
        self._record = queue_dir / f"spare-{host()}-{secrets.token_hex(4)}.json"
        with open_log(queue_dir / "spare.log") as log:
            self.process = subprocess.Popen(
                [*_COMMAND, str(self._record)],
                cwd=APP_ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        record_process(self._record, self.process.pid)

    @property
    def dead(self) -> bool:
        return self.process.poll() is not None

    @property
    def ready(self) -> bool:
        return not self.dead and spare_ready(self._record)

    def tell(self, order: Mapping[str, Any]) -> bool:
        """Writes the line; tells whether it could."""
        line = json.dumps(order) + "\n"
        if self.process.stdin is None:
            return False
        try:
            self.process.stdin.write(line.encode())
            self.process.stdin.close()
        except OSError:
            return False  # it has just died
        return True

    def end(self) -> None:
        self.process.kill()
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        self.process.wait()
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
