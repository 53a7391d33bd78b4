"""The sample journey in a real browser, by what a person can read on the screen."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.datasets.bundled import DIGITS_ID
from tests.app_server import Server
from tests.e2e.conftest import ARTIFACTS, new_page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
TRAINING_MS = 240_000


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(1500)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def shoot_from_the_top(page: Page, name: str) -> None:
    """The whole page, map and chart, in a window that is high enough."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": before["width"], "height": 1560})
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    shoot(page, name)
    page.set_viewport_size(before)


def test_from_home_to_a_prediction(server: Server, browser: Browser) -> None:
    page = new_page(browser, viewport={"width": 1360, "height": 1000})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server.url)
    start = page.get_by_role("button", name="Try it with the sample data")
    expect(start).to_be_visible()
    shoot(page, "home")
    page.get_by_role("button", name="Try it with the sample data").click()

    expect(page.get_by_role("heading", name="Handwritten digits").first).to_be_visible()
    expect(page.get_by_text("1,797", exact=True).first).to_be_visible()
    shoot(page, "data")
    page.get_by_role("button", name="Next: train a head").click()

    page.get_by_role("button", name="Train head").click()
    expect_run(page, "Next: choose a block to unfreeze")
    run_in_url = re.compile(r"[?&]run=")
    expect(page).to_have_url(run_in_url)
    page.reload()
    expect_run(page, "Next: choose a block to unfreeze")
    shoot(page, "head_running")
    second = new_page(browser)
    second.goto(page.url)
    expect_run(second, "Next: choose a block to unfreeze")
    second.close()
    page.get_by_role("link", name="Next: choose a block to unfreeze").click(timeout=TRAINING_MS)

    expect(page.get_by_text("2,657,194", exact=True)).to_be_visible()
    page.get_by_role("button", name="Fine-tune from block 6").click()
    expect_run(page, "Next: did it help?")
    page.wait_for_timeout(12_000)
    shoot(page, "fine_tune_running")
    page.get_by_role("link", name="Next: did it help?").wait_for(timeout=TRAINING_MS)
    shoot_from_the_top(page, "fine_tune")
    page.get_by_role("link", name="Next: did it help?").click()

    expect(page.get_by_text("Fine-tuning helped").first).to_be_visible()
    shoot(page, "evaluate")
    see_where_they_looked(page)
    page.get_by_role("link", name="Predict").first.click()

    images = server.workspace / "datasets" / DIGITS_ID / "images" / "test" / "7"
    upload = page.locator("input[type=file]").first
    upload.wait_for(state="attached")  # the model is made when it is first needed
    upload.set_input_files(str(next(iter(sorted(images.iterdir())))))
    expect(page.get_by_text(re.compile(r"\b7\b.*%")).first).to_be_visible()
    shoot(page, "predict")
    page.get_by_role("link", name="Runs").first.click()
    expect(page.get_by_text("from block 6").first).to_be_visible()
    shoot(page, "runs")

    assert not errors
    assert not [m for m in loaded_libraries(server) if "tensorflow" in m]


def expect_run(page: Page, then: str) -> None:
    """The run goes on, or, where the browser was slower than it, what follows is offered."""
    stop, after = page.get_by_role("button", name="Stop"), page.get_by_role("link", name=then)
    expect(stop.or_(after).first).to_be_visible()


def see_where_they_looked(page: Page) -> None:
    """Heat maps, computed when asked for; a click on a picture opens it large."""
    page.get_by_text("Show where each model looked").click()
    small = page.get_by_alt_text(re.compile("Where the second model looked")).first
    expect(small).to_be_visible()
    shoot(page, "heat_maps")
    small.click(force=True)  # its card's button lies over it
    expect(page.get_by_alt_text("Where From block 6 looked")).to_be_visible()
    shoot(page, "heat_map_large")
    page.get_by_role("button", name="Close").click()


def loaded_libraries(server: Server) -> list[str]:
    """Files that the web server has mapped: TensorFlow must not be among them."""
    return [Path(entry.path).as_posix() for entry in server.process.memory_maps()]
