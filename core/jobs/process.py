"""Processes that the app started: recorded in a file, found again, and ended as that very process.

A number alone is not enough: after its process is gone, the system gives it to another one. So the
record holds the host and the time at which the process began, too.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from core.files import read_json, write_json
from core.records import UNREADABLE_RECORD, read_record
from core.settings import APP_ROOT

Process = subprocess.Popen[bytes]
_PYTHON = (sys.executable, "-m")
# So that a process outlives the one that started it: on Windows, which knows no sessions, by flags.
_DETACHED = {
    "start_new_session": True,
    "creationflags": getattr(subprocess, "DETACHED_PROCESS", 0)
    | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
}
# How exactly the system tells when a process began.
_TOLERANCE_S = 1.0


def start_detached(
    arguments: Sequence[str],
    log: IO[bytes],
    environment: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> Process:
    """Start a module in a session of its own, so that it outlives this process.

    Args:
        arguments: What follows `python -m`.
        log: Gets what it prints.
        environment: Its environment variables; None for those of this process.
        stdin: `subprocess.PIPE` where it is told something later.
    """
    return _start(
        arguments, environment, stdin=stdin, stdout=log, stderr=subprocess.STDOUT, **_DETACHED
    )


def start_piped(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    stderr: int | None = None,
) -> Process:
    """Start a module that answers on its standard output what is asked on its standard input.

    Args:
        arguments: What follows `python -m`.
        environment: Its environment variables; None for those of this process.
        stderr: `subprocess.DEVNULL` where nobody reads it.
    """
    pipe = subprocess.PIPE
    return _start(arguments, environment, stdin=pipe, stdout=pipe, stderr=stderr)


def _start(
    arguments: Sequence[str], environment: Mapping[str, str] | None, **options: Any
) -> Process:
    return subprocess.Popen([*_PYTHON, *arguments], cwd=APP_ROOT, env=environment, **options)


def record_process(path: Path, pid: int | None = None, **facts: Any) -> None:
    """Writes down a process of this host, by default the own one, and what else is told of it."""
    process = psutil.Process(pid)
    record = {"host": host(), "pid": process.pid, "started": process.create_time()}
    write_json(path, {**record, **facts})


def recorded_process(path: Path) -> psutil.Process | None:
    """The recorded process; None where it is gone, or runs on another host."""
    try:
        record = read_json(path)
        if record["host"] != host():
            return None
        process = psutil.Process(int(record["pid"]))
        same = abs(process.create_time() - float(record["started"])) < _TOLERANCE_S
        # A dead child stays in the list until its parent has asked for it.
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (*UNREADABLE_RECORD, psutil.NoSuchProcess):
        return None


def recorded_host(path: Path) -> str:
    """The host of a recorded process, or ""."""
    return read_record(path, lambda record: str(record["host"]), "")


def has_open(process: psutil.Process, path: Path) -> bool:
    """Return True if a process has a file open; False where this is unknown."""
    try:
        return str(path.resolve()) in {opened.path for opened in process.open_files()}
    except (OSError, psutil.Error):
        return False


def end_process(path: Path, patience: float = 0.0) -> bool:
    """Ends the recorded process.

    Args:
        path: Its record.
        patience: Seconds that it gets to end by itself after a polite request; 0 kills at once.

    Returns:
        Whether there was one to end.
    """
    process = recorded_process(path)
    if process is None:
        return False
    try:
        if patience:
            process.terminate()
            deadline = time.monotonic() + patience
            while recorded_process(path) and time.monotonic() < deadline:
                time.sleep(0.1)
        if recorded_process(path):
            process.kill()
    except psutil.NoSuchProcess:
        pass  # it ended in between
    return True


def host() -> str:
    """This machine's name."""
    return platform.node()
