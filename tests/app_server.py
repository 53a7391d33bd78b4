"""The app as README starts it, on a port of its own."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.settings import APP_ROOT
from tests.patience import PATIENCE_S, wait_until


@dataclass(frozen=True)
class Server:
    """A running app.

    Attributes:
        url: Its address, without a slash at the end.
        workspace: Its workspace.
        process: The web server's process.
    """

    url: str
    workspace: Path
    process: psutil.Process


@contextmanager
def running_app(
    workspace: Path, *options: str, port: int = 0, **environment: str
) -> Iterator[Server]:
    """Starts the app as README does, and ends it with all that it has started.

    Args:
        workspace: Its workspace.
        *options: Streamlit's, such as "--server.baseUrlPath=app".
        port: Its port; 0 for a free one.
        **environment: Variables on top of this process's own.
    """
    port = port or free_port()
    variables = {**os.environ, "UNFREEZE_QUEUE": "on", **environment}
    variables["UNFREEZE_WORKSPACE"] = str(workspace)
    log = (workspace / "server.log").open("ab")
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port), *options],
        cwd=APP_ROOT,
        env=variables,
        stdout=log,
        stderr=log,
    )
    below = [o.partition("=")[2] for o in options if o.startswith("--server.baseUrlPath=")]
    url = "/".join([f"http://localhost:{port}", *below])
    try:
        assert wait_until(lambda: is_healthy(url)), (workspace / "server.log").read_text()
        yield Server(url, workspace, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()
        log.close()
        if variables["UNFREEZE_QUEUE"] != "off":  # else nothing was started
            stop = [sys.executable, "-m", "core.queue", "stop"]
            subprocess.run(stop, cwd=APP_ROOT, env=variables, check=True, capture_output=True)


def is_healthy(url: str) -> bool:
    """Whether the server says `ok`; only the body tells, as unknown paths answer 200 too."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=PATIENCE_S) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
