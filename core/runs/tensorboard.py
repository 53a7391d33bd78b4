"""TensorBoard on all runs of a workspace, where it is installed: started, found again and ended.

It listens on 127.0.0.1 only and outlives the server, as the queue's processes do.
"""

from __future__ import annotations

import shlex
import socket
from importlib.util import find_spec
from pathlib import Path

from core.files import read_json, write_json
from core.jobs.process import (
    end_process,
    host,
    record_process,
    recorded_host,
    recorded_process,
    start_detached,
)
from core.logs import new_log
from core.settings import Settings

HOST = "127.0.0.1"
# It serves from one process and so goes with it.
_OPTIONS = ("--host", HOST, "--load_fast", "false")
_END_SECONDS = 5.0
_ANSWER_SECONDS = 0.2


def installed() -> bool:
    """Return True if TensorBoard is installed, without importing it."""
    return find_spec("tensorboard") is not None


def command(settings: Settings) -> str:
    """Command that starts it by hand."""
    return f"tensorboard --logdir {shlex.quote(str(settings.runs_dir))}"


def start(settings: Settings) -> None:
    """Starts it on a free port, unless it runs already; it takes some seconds to answer."""
    if running(settings):
        return
    port = _free_port()
    settings.queue_dir.mkdir(parents=True, exist_ok=True)
    options = ["--logdir", str(settings.runs_dir), "--port", str(port), *_OPTIONS]
    write_json(_port_path(settings), {"port": port})
    with new_log(log_path(settings)) as log:
        process = start_detached(["tensorboard.main", *options], log)
    record_process(record(settings), process.pid)


def running(settings: Settings) -> bool:
    """Return True if its process is running."""
    return recorded_process(record(settings)) is not None


def failed(settings: Settings) -> bool:
    """Return True if it ended unexpectedly; see its log."""
    return recorded_host(record(settings)) == host() and not running(settings)


def address(settings: Settings) -> str:
    """Address at which it answers; "" until then."""
    if not running(settings):
        return ""
    try:
        port = int(read_json(_port_path(settings))["port"])
        socket.create_connection((HOST, port), _ANSWER_SECONDS).close()
    except (OSError, ValueError, KeyError):
        return ""
    return f"http://{HOST}:{port}"


def end(settings: Settings) -> bool:
    """Ends it.

    Returns:
        Whether there was one to end.
    """
    ended = end_process(record(settings), _END_SECONDS)
    if recorded_host(record(settings)) == host():  # another machine's is not ours to forget
        record(settings).unlink(missing_ok=True)
    return ended


def record(settings: Settings) -> Path:
    """Path of its process record."""
    return settings.queue_dir / "tensorboard.process.json"


def log_path(settings: Settings) -> Path:
    """Path of its log."""
    return settings.queue_dir / "tensorboard.log"


def _port_path(settings: Settings) -> Path:
    return settings.queue_dir / "tensorboard.json"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
