"""The app on a port of its own, and a real Chromium in front of it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.settings import APP_ROOT
from tests.app_server import Server, running_app
from tests.chromium import CHROMIUM, FLAGS

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
# What is expected of a page comes when it comes; Playwright's own five seconds rest on the machine.
PATIENCE_MS = 120_000
playwright.expect.set_options(timeout=PATIENCE_MS)
# Screenshots; into `docs/images` where the documentation is to have new ones.
ARTIFACTS = Path(os.environ.get("UNFREEZE_ARTIFACTS") or APP_ROOT / "test-artifacts")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app on a free port and an empty workspace."""
    with running_app(tmp_path_factory.mktemp("workspace")) as started:
        yield started


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
