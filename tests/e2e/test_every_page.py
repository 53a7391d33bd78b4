"""Every page, cold, as a link that somebody was sent: in both themes, on a phone, in Russian."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from core.files import write_json
from core.runs import Run
from core.runs.store import write_status
from core.settings import Settings
from tests.app_server import Server
from tests.e2e.conftest import ARTIFACTS, new_page
from tests.evaluation.runs_on_disk import finished_pair
from tests.squares import squares
from tests.ui import runs

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
PAGES = ("", "Data", "Head", "Fine_tune", "Evaluate", "Predict", "Runs")
MODEL = Path(__file__).parent.parent / "evaluation" / "data" / "colour.tflite"
VARIANTS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1360, "height": 1000}},
    "dark": {"viewport": {"width": 1360, "height": 1000}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "russian": {"viewport": {"width": 1360, "height": 1000}, "locale": "ru-RU"},
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"], "resultTypes": ["violations", "passes"]}
# Whether nothing moves or changes its colour any more, and every picture is there.
STILL = """() => document.fonts.status === 'loaded'
  && [...document.images].every(image => image.complete)
  && document.getAnimations().every(each =>
    each.playState !== 'running' || each.effect?.getComputedTiming().iterations === Infinity)"""
# Streamlit's client looks for the server below a deep link's path first, and is told that it is not
# there; the browser notes that, and no page can prevent it.
PROBES = ("/_stcore/health", "/_stcore/host-config")
# A machine that stands still for a while loses the connection, and the client finds it again.
LOST = "when disconnected from server"


@pytest.fixture(scope="module")
def tuned(server: Server) -> Run:
    """A fine-tuning run that fixed eleven test images, with its head run before it."""
    settings = Settings(server.workspace)
    dataset = squares(settings, classes=3, per_class=50)
    pair = finished_pair(settings, dataset, before=range(12), after=range(1))
    for run in pair:
        write_json(run.account_path, runs.account(run.config))
        runs.write_epochs(run)
        results = {**runs.RESULTS, **run.status.results}
        write_status(run.path, dataclasses.replace(run.status, results=results))
        run.litert_path.write_bytes(MODEL.read_bytes())
        run.model_path.write_bytes(b"a model")
    return pair[1]


@pytest.fixture(scope="module", params=VARIANTS)
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(**VARIANTS[request.param])
    opened.variant = request.param  # type: ignore[attr-defined]
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_cold_link_opens_a_page_without_faults(
    server: Server, tuned: Run, context: BrowserContext, page: Page, name: str
) -> None:
    variant: str = context.variant  # type: ignore[attr-defined]
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.extend(_complaint(message)))
    page.goto(f"{server.url}/{name}?run={tuned.id}")
    settle(page)
    page.screenshot(path=ARTIFACTS / f"{variant}_{name or 'Home'}.png", full_page=True)

    assert not complaints
    assert page.get_by_test_id("stException").count() == 0
    assert serious(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "the page is wider than the window"


def test_the_keyboard_reaches_the_next_step(server: Server, tuned: Run, browser: Browser) -> None:
    page = new_page(browser, viewport={"width": 1360, "height": 1000})
    page.goto(f"{server.url}/Data")
    settle(page)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.innerText || ''").strip())
    page.close()

    assert {"Head", "Runs", "Next: train a head"} <= {text.split("\n")[-1] for text in reached}


def settle(page: Page) -> None:
    """Waits until the script has run and nothing is drawn any more."""
    app = page.get_by_test_id("stApp")
    expect(page.get_by_test_id("stSidebarContent")).to_be_attached()
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_timeout(800)  # charts are drawn after their place is
    page.wait_for_function(STILL)


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people out: rule and first element of each violation."""
    found = Axe().run(page, options=RULES).response
    assert len(found["passes"]) > 10, "the rules were not run"
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:200]} {rule['nodes'][0].get('failureSummary')}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


def _complaint(message: ConsoleMessage) -> list[str]:
    address = message.location.get("url", "")
    expected = address.endswith(PROBES) and "404" in message.text
    expected |= LOST in message.text
    return [f"{message.text} {address}"] if message.type == "error" and not expected else []
