"""What only a browser can tell: the growing chart keeps its zoom, the map takes clicks."""

import dataclasses
import re
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.datasets import Dataset
from core.runs import Run, RunState, RunStore
from core.runs.metrics_log import MetricsWriter
from core.runs.store import write_status
from core.settings import Settings
from tests.app_server import Server
from tests.e2e.conftest import new_page
from tests.squares import squares
from tests.ui import runs

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
SEEN = """() => {
  const chart = document.querySelector('.unfreeze-live-chart');
  chart.mark = chart.mark || Math.random();
  return {mark: chart.mark, range: chart.layout.xaxis.range.slice(),
          batches: chart.data.filter(t => t.name === 'running batch').map(t => t.x[0])};
}"""
WATCH_SHIFTS = """() => {
  window.shifts = [];
  const note = list => window.shifts.push(...list.getEntries().map(entry => entry.value));
  new PerformanceObserver(note).observe({type: 'layout-shift'});
}"""
# Whether the chart has drawn a later batch than the given one.
LATER = """seen => {
  const {data} = document.querySelector('.unfreeze-live-chart');
  return data.some(t => t.name === 'running batch' && t.x[0] > seen);
}"""
ZOOMED = """whole => {
  const {range} = document.querySelector('.unfreeze-live-chart').layout.xaxis;
  return range.join() !== whole.join();
}"""
FILLS = """() => {
  const bars = document.querySelectorAll("[class*=st-key-block_map] .barlayer .point path");
  const fills = [...bars].map(bar => getComputedStyle(bar).fill);
  return fills[0] === fills[1] && fills[1] !== fills[2] && fills[2] === fills[3];
}"""
WARM = "rgb(232, 89, 12)"  # the colour of what is unfrozen


@pytest.fixture(scope="module")
def dataset(server: Server) -> Dataset:
    return squares(Settings(server.workspace))


@pytest.fixture
def growing(server: Server, dataset: Dataset) -> Iterator[Run]:
    """A head run in its third epoch that writes a batch every half second, and stays alive."""
    store = RunStore(server.workspace / "runs")
    run = runs.running(store, runs.head_config(dataset))
    ended = Event()

    def train() -> None:
        writer = MetricsWriter(run.metrics_path)
        for batch in range(1, 2000):
            row = {"batch": batch, "batches": 2000, "loss": 0.5, "accuracy": 0.7}
            writer.write(event="batch", epoch=3, **row)
            if ended.wait(0.5):
                break
        writer.close()

    thread = Thread(target=train)
    thread.start()
    yield run
    ended.set()
    thread.join()
    write_status(run.path, dataclasses.replace(run.status, state=RunState.STOPPED))


def drag(page: Page) -> None:
    """Zooms into the right half of the upper panel."""
    area = page.locator(".unfreeze-live-chart .nsewdrag").first.bounding_box()
    assert area is not None
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] * 0.2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + area["width"] * 0.4, y + area["height"] * 0.5, steps=5)
    page.mouse.up()


def see_updates(page: Page, count: int) -> None:
    """Waits until the chart has drawn later batches that many times."""
    page.wait_for_function(LATER, arg=0)
    for _ in range(count):
        page.wait_for_function(LATER, arg=page.evaluate(SEEN)["batches"][0])


def test_zoom_and_node_survive_live_updates(server: Server, browser: Browser, growing: Run) -> None:
    page = new_page(browser, viewport={"width": 1360, "height": 1000})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}/Head?run={growing.id}")
    page.wait_for_selector(".unfreeze-live-chart .nsewdrag")
    page.wait_for_function(LATER, arg=0)
    whole: dict[str, Any] = page.evaluate(SEEN)
    drag(page)
    page.wait_for_function(ZOOMED, arg=whole["range"])
    zoomed = page.evaluate(SEEN)
    see_updates(page, 3)
    later = page.evaluate(SEEN)

    assert whole["range"] != zoomed["range"]
    assert later["range"] == zoomed["range"]
    assert later["mark"] == whole["mark"]
    assert later["batches"][0] > zoomed["batches"][0]
    assert not errors
    page.close()


def test_nothing_jumps_while_it_trains(server: Server, browser: Browser, growing: Run) -> None:
    page = new_page(browser, viewport={"width": 1360, "height": 1000})
    page.goto(f"{server.url}/Head?run={growing.id}")
    page.wait_for_selector(".unfreeze-live-chart .nsewdrag")
    see_updates(page, 2)  # all that belongs to the page is there by now
    page.evaluate(WATCH_SHIFTS)
    see_updates(page, 5)
    shifts: list[float] = page.evaluate("window.shifts")
    page.close()

    # Below a tenth, people do not feel it (Core Web Vitals' bound for a good page).
    assert max(shifts, default=0.0) < 0.1


def test_the_end_is_seen_without_a_reload(server: Server, browser: Browser, growing: Run) -> None:
    page = new_page(browser)
    page.goto(f"{server.url}/Head?run={growing.id}")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\d+ % · Head · Unfreeze$"))
    ended = dataclasses.replace(
        growing.status, state=RunState.COMPLETED, finished=time.time(), results=runs.RESULTS
    )
    write_status(growing.path, ended)

    expect(page.get_by_text("Validation accuracy")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).not_to_be_visible()
    expect(page).to_have_title("Head · Unfreeze")
    page.close()


def test_a_click_on_the_map_and_the_box_say_the_same(
    server: Server, browser: Browser, dataset: Dataset
) -> None:
    head = runs.finished(RunStore(server.workspace / "runs"), runs.head_config(dataset))
    page = new_page(browser, viewport={"width": 1360, "height": 1000})
    page.goto(f"{server.url}/Fine_tune?run={head.id}")
    bars = page.locator("[class*=st-key-block_map] .barlayer .point path")
    button = page.get_by_role("button", name="Fine-tune from")
    expect(button).to_contain_text("from block 6")
    expect(bars.nth(2)).to_have_css("fill", WARM)
    bars.nth(1).click(force=True)
    expect(button).to_contain_text("from block 5")
    expect(bars.nth(1)).to_have_css("fill", WARM)
    # Of clicks that follow each other at once, the last one counts.
    bars.nth(2).click(force=True)
    bars.nth(0).click(force=True)
    expect(button).to_contain_text("from stem")
    expect(bars.nth(0)).to_have_css("fill", WARM)
    page.get_by_role("combobox", name="Block").click()
    page.get_by_role("option", name="block 6").click()

    expect(button).to_contain_text("from block 6")
    expect(bars.nth(2)).to_have_css("fill", WARM)
    expect(bars.nth(1)).not_to_have_css("fill", WARM)
    page.wait_for_function(FILLS)  # colours change over a third of a second
    page.close()
