"""A person with a real browser: opens pages, finds things by what is written on them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, expect

from benchmarks.frames import Frames, bytes_of
from benchmarks.guest import READY_SECONDS, Seen

PATIENCE_S = 30.0
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Streamlit's client looks for its server below the page's own path first, which is no error.
_SOUGHT = ("/_stcore/health", "/_stcore/host-config")
_RED = '[data-testid="stAlertContentError"], [data-testid="stException"]'


class Visitor:
    """One person, with cookies and a page of their own.

    Attributes:
        page: Of Playwright.
        frames: What goes between page and server.
    """

    def __init__(self, name: str, address: str, seen: Seen) -> None:
        self._name, self._address, self._seen = name, address, seen
        self._leaving = False
        self._context: BrowserContext
        self.page: Page
        self.frames = Frames(seen)

    async def arrive(self, browser: Browser) -> None:
        """Opens an empty page."""
        self._context = await browser.new_context(
            viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
        )
        self.page = await self._context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE_S)
        self.page.on("pageerror", lambda error: self.complain(f"the page's script: {error}"))
        self.page.on("crash", lambda _: self.complain("the page crashed"))
        self.page.on("console", self._read_console)
        await self._listen(await self._context.new_cdp_session(self.page))

    async def open(self, page: str, query: str = "") -> None:
        """Opens a page of the app, and waits until it has been drawn once."""
        self._leaving, self.frames.purpose = True, "opening"
        self.frames.forget()
        done = self.frames.finished
        await self.page.goto(f"{self._address}/{page}?{query}", wait_until="commit")
        self._leaving = False
        began = time.monotonic()
        while self.frames.finished == done:
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError(f"{page} was not drawn")
            await asyncio.sleep(0.1)
        self.frames.purpose = ""

    async def leave(self) -> None:
        """Closes the page."""
        self._leaving = True
        await self._context.close()

    async def choose(self, label: str, name: str, data: bytes, kind: str) -> None:
        """Chooses a file in the uploader with that label, which may take a while to appear."""
        uploader = self.page.get_by_label(label, exact=True)
        await uploader.wait_for(timeout=1000 * READY_SECONDS)
        button = uploader.get_by_role("button", name="Upload", exact=True)
        async with self.page.expect_file_chooser() as chooser:
            await button.click()
        files: Any = {"name": name, "mimeType": kind, "buffer": data}
        await (await chooser.value).set_files(files)

    async def see(self, words: str) -> None:
        """Waits until the page says something."""
        await expect(self.page.get_by_text(words).first).to_be_visible(timeout=1000 * PATIENCE_S)

    async def press(self, label: str) -> None:
        """Presses a button."""
        await self.page.get_by_role("button", name=label).click()

    async def look_around(self) -> None:
        """Whether the page answers, and shows nothing red."""
        await asyncio.wait_for(self.page.evaluate("1"), PATIENCE_S)
        if self.frames.silent() > PATIENCE_S:
            self.frames.forget()
            raise TimeoutError(f"no answer from the server for {PATIENCE_S:.0f} s")
        for card in await self.page.locator(_RED).all_inner_texts():
            raise ValueError(f"a red card: {' '.join(card.split())}")

    def complain(self, words: str) -> None:
        """Notes an error."""
        self._seen.errors.append(f"{self._name}: {words}")

    def _read_console(self, message: ConsoleMessage) -> None:
        source = message.location.get("url", "")
        if message.type == "error" and not (
            source.startswith(self._address) and source.endswith(_SOUGHT)
        ):
            self.complain(f"console: {message.text} ({source.removeprefix(self._address)})")

    async def _listen(self, session: CDPSession) -> None:
        def received(event: dict[str, Any]) -> None:
            self.frames.received(event["timestamp"], bytes_of(event["response"]))

        def sent(event: dict[str, Any]) -> None:
            self.frames.sent(event["timestamp"], bytes_of(event["response"]))

        def closed(_: dict[str, Any]) -> None:
            if not self._leaving:
                self.frames.forget()
                self.complain("the connection was lost")

        session.on("Network.webSocketFrameReceived", received)
        session.on("Network.webSocketFrameSent", sent)
        session.on("Network.webSocketClosed", closed)
        await session.send("Network.enable")
