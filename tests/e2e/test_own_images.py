"""One's own zip, with broken files in it, to a model; the run is stopped on the way and goes on."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.jobs.process import recorded_process
from core.runs import RunState, RunStore
from tests.app_server import Server
from tests.e2e.conftest import ARTIFACTS, new_page
from tests.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
COLOURS = {"red": (200, 40, 40), "green": (40, 170, 60)}
EACH = 40


def archive(path: Path) -> Path:
    """Photographs of two colours, one of them cut off in the middle, and one empty file."""
    random = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as opened:
        for name, colour in COLOURS.items():
            for i in range(EACH):
                noise = random.integers(-60, 60, (64, 64, 3))
                pixels = np.clip(np.array(colour) + noise, 0, 255).astype("uint8")
                buffer = io.BytesIO()
                Image.fromarray(pixels).save(buffer, "JPEG")
                opened.writestr(f"{name}/{i:02d}.jpg", buffer.getvalue())
        opened.writestr("red/cut_off.jpg", buffer.getvalue()[:300])
        opened.writestr("green/empty.jpg", b"")
    return path


def test_broken_files_are_named_and_a_stopped_run_goes_on(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    page = new_page(browser, viewport={"width": 1360, "height": 1000})
    bring_in(page, server, archive(tmp_path / "colours.zip"))
    page.get_by_role("link", name="Head").first.click()
    page.get_by_role("button", name="Train head").click()
    with held(server):
        page.get_by_role("button", name="Stop").click()
        assert wait_until(lambda: list(server.workspace.glob("runs/*/stop.request")))

    goes_on = page.get_by_role("button", name=re.compile("Resume|Try again"))
    expect(goes_on).to_be_visible()
    page.screenshot(path=ARTIFACTS / "stopped.png")
    goes_on.click()
    done = page.get_by_role("link", name="Next: choose a block to unfreeze")
    expect(done).to_be_visible(timeout=200_000)
    page.close()


@contextmanager
def held(server: Server) -> Iterator[None]:
    """Lets the run stand still, so that it does not end before somebody stops it."""
    store = RunStore(server.workspace / "runs")
    assert wait_until(lambda: [r for r in store.list() if r.status.state is RunState.RUNNING])
    process = recorded_process(store.list()[0].process_path)
    assert process is not None
    process.suspend()
    yield
    process.resume()


def bring_in(page: Page, server: Server, path: Path) -> None:
    page.goto(f"{server.url}/Data")
    page.get_by_role("tab", name="Upload a zip").click()
    page.locator("input[type=file]").first.set_input_files(str(path))
    expect(page.get_by_text("82 images in 2 classes")).to_be_visible()
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_text("80", exact=True).first).to_be_visible()
    page.get_by_role("radio", name=re.compile("Issues")).click()
    for name in ("cut_off.jpg", "empty.jpg"):
        expect(page.get_by_text(re.compile(name.replace(".", r"\.")))).to_be_visible()
    page.screenshot(path=ARTIFACTS / "broken_files.png")
