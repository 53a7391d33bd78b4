"""What people with browsers do on the team's server, by what a person can read on the screen."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import numpy as np
from playwright.async_api import Browser, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from benchmarks.guest import Seen
from benchmarks.pictures import IN_ZIP, archive, photograph
from benchmarks.visitor import FLAGS, PATIENCE_S, Visitor

PREDICT_EVERY_S = 4.0
UPLOAD_EVERY_S = 20.0
LOOK_EVERY_S = 5.0
APART_S = 1.5
STOP_SECONDS = 60.0
Turn = Callable[[], Awaitable[None]]


@asynccontextmanager
async def chromium(path: str) -> AsyncIterator[Browser]:
    """One browser for all."""
    async with async_playwright() as engine:
        browser = await engine.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            with suppress(PlaywrightError):  # an interrupt has reached it first
                await browser.close()


class People:
    """Those who have a browser.

    Args:
        browser: In which each has cookies and a page of their own.
        run: The address' query for the long run.
        model: The query for the model that predicts.
        seen: Takes what they meet.
    """

    def __init__(self, browser: Browser, run: str, model: str, seen: Seen) -> None:
        self._browser, self._run, self._model, self._seen = browser, run, model, seen
        self._people: dict[str, list[Visitor]] = {}

    async def admit(self, kind: str, address: str) -> None:
        """Gives somebody a page; nothing is opened yet."""
        people = self._people.setdefault(kind, [])
        person = Visitor(f"{kind} {len(people)}", address, self._seen)
        await person.arrive(self._browser)
        people.append(person)

    async def train(self) -> None:
        """The first who watches lets the run, which was stopped, go on."""
        await train(self._people["watching"][0], self._run)

    async def work(self, kind: str, number: int, ends: float) -> None:
        """What somebody of that kind does, until the time is over."""
        person = self._people[kind][number]
        # People do not come in the same second.
        await asyncio.sleep(APART_S * (number + sum(map(len, self._before(kind)))))
        if kind == "watching":
            await watch(person, self._run, ends)
        elif kind == "predicting":
            await predict(person, self._model, ends, self._seen, number)
        else:
            await bring_in(person, ends, number)

    def _before(self, kind: str) -> list[list[Visitor]]:
        kinds = list(self._people)
        return [self._people[other] for other in kinds[: kinds.index(kind)]]

    async def leave(self) -> None:
        """The run is stopped by who started it, and everybody goes."""
        trainer = self._people["watching"][0]
        try:
            await stop(trainer)
        except PlaywrightError as error:
            trainer.complain(str(error))
        for person in (person for people in self._people.values() for person in people):
            await person.leave()


async def watch(person: Visitor, query: str, ends: float) -> None:
    """Looks at the live view, which asks for itself."""

    async def turn() -> None:
        await person.open("Fine_tune", query)
        await person.page.get_by_role("button", name="Stop", exact=True).wait_for()
        while time.monotonic() < ends:
            await asyncio.sleep(LOOK_EVERY_S)
            await person.look_around()
            if time.monotonic() - person.frames.last_finished > PATIENCE_S:
                raise TimeoutError("the live view stands still")

    await _again(person, ends, turn)


async def predict(person: Visitor, query: str, ends: float, seen: Seen, number: int) -> None:
    """Asks what an image shows, again and again, and puts the last one away."""
    random = np.random.default_rng(number)

    async def turn() -> None:
        await person.open("Predict", query)
        while time.monotonic() < ends:
            await asyncio.sleep(PREDICT_EVERY_S * random.uniform(0.5, 1.5))
            name = f"image {seen.predictions}-{number}.jpg"
            await person.choose("Images", name, photograph(random), "image/jpeg")
            await person.see("1 image")
            shown = person.page.get_by_alt_text(name, exact=True).first
            await shown.wait_for()
            await person.page.wait_for_function(
                "e => e.naturalWidth > 0", arg=await shown.element_handle()
            )
            seen.predictions += 1
            await person.look_around()
            await person.press(f"Remove {name}")
            await expect(person.page.get_by_text(name)).to_have_count(0, timeout=1000 * PATIENCE_S)

    await _again(person, ends, turn)


async def bring_in(person: Visitor, ends: float, number: int) -> None:
    """Uploads a zip, reads what was recognised, brings it in."""
    random = np.random.default_rng(100 + number)
    turns = _counted()

    async def turn() -> None:
        while time.monotonic() < ends:
            await person.open("Data")
            await asyncio.sleep(UPLOAD_EVERY_S * random.uniform(0.5, 1.5))
            name = f"photographs {number} {next(turns)}"
            tab = person.page.get_by_role("tab", name="Upload a zip")
            if not await tab.is_visible():
                await person.page.get_by_text("Bring in a data set").first.click()
            await tab.click()
            label = "A zip or tar of images"
            await person.choose(label, f"{name}.zip", archive(random), "application/zip")
            await person.see(f"{IN_ZIP} images in 2 classes")
            person.frames.purpose = "import"
            await person.press("Bring it in")
            await person.page.get_by_role("heading", name=name).wait_for()
            person.frames.purpose = ""
            await person.look_around()

    await _again(person, ends, turn)


async def train(person: Visitor, query: str) -> None:
    """Lets a run that was stopped go on, and sees it begin."""
    await person.open("Fine_tune", query)
    await person.page.get_by_role("button", name=re.compile("Resume|Try again")).click()
    stop = person.page.get_by_role("button", name="Stop", exact=True)
    await stop.wait_for(timeout=1000 * STOP_SECONDS)


async def stop(person: Visitor) -> None:
    """Stops the run that is looked at, and sees it end."""
    await person.press("Stop")
    resume = person.page.get_by_role("button", name="Resume")
    await resume.wait_for(timeout=1000 * STOP_SECONDS)


async def _again(person: Visitor, ends: float, turn: Turn) -> None:
    """Does it until the time is over; who meets an error loads the page and goes on."""
    while time.monotonic() < ends:
        try:
            await turn()
        except (PlaywrightError, TimeoutError, ValueError, AssertionError) as error:
            person.complain(str(error).partition("\nAria")[0])
            await asyncio.sleep(LOOK_EVERY_S)


def _counted() -> Iterator[int]:
    yield from range(1_000_000)
