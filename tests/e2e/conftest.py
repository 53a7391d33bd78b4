"""The app on a port of its own, and a real Chromium in front of it."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.settings import APP_ROOT
from tests.patience import PATIENCE_S, wait_until

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
# What is expected of a page comes when it comes; Playwright's own five seconds rest on the machine.
PATIENCE_MS = 120_000
playwright.expect.set_options(timeout=PATIENCE_MS)
CHROMIUM = next(
    (p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))),
    None,
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Screenshots; into `docs/images` where the documentation is to have new ones.
ARTIFACTS = Path(os.environ.get("UNFREEZE_ARTIFACTS") or APP_ROOT / "test-artifacts")


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
        _wait_until_healthy(url, workspace)
        yield Server(url, workspace, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()
        log.close()
        if variables["UNFREEZE_QUEUE"] != "off":  # else nothing was started
            stop = [sys.executable, "-m", "core.runs.queue", "stop"]
            subprocess.run(stop, cwd=APP_ROOT, env=variables, check=True, capture_output=True)


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app on a free port and an empty workspace."""
    with running_app(tmp_path_factory.mktemp("workspace")) as started:
        yield started


def _wait_until_healthy(url: str, workspace: Path) -> None:
    def healthy() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=PATIENCE_S) as answer:
                return bool(answer.read() == b"ok")
        except OSError:
            return False

    assert wait_until(healthy), (workspace / "server.log").read_text()


def new_page(browser: "playwright.Browser", **options: Any) -> "playwright.Page":
    """A page of a context of its own, patient in what it does, too."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE_MS)
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    """Debian's Chromium; the test skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    ARTIFACTS.mkdir(exist_ok=True)
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()
