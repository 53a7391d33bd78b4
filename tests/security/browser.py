"""What a stranger and a viewer try with a real browser, and what hostile names do in one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from benchmarks.doorkeeper import Doorkeeper
from tests.chromium import CHROMIUM, FLAGS
from tests.security.hostile import NAMES, hostile_things, hostile_zip
from tests.security.score import Attempt
from tests.security.strangers import PAGES, forged_cookies
from tests.security.target import ADMIN, TRAINER, VIEWER, Target, leaks

_PATIENCE_MS = 60_000
_SIGN_IN = "Images, runs and models are seen by the team alone."
_NO_PROXY = "People are signed in by a proxy"
_STEPS = '[data-testid="stSidebar"] [data-testid="stPageLink"]'
_DRAWN = '[data-testid="stApp"][data-test-script-state="notRunning"]'
# Elements that a hostile name has become; and whether such a name stands there at all.
_INJECTED = """() => [...document.querySelectorAll("*")].filter(e =>
  [...e.attributes].some(a => a.name.startsWith("on") && a.value.includes("alert")) ||
  (e.localName === "script" && e.textContent.includes("alert(1)")) ||
  /^javascript:/i.test(e.getAttribute("href") ?? e.getAttribute("xlink:href") ?? "") ||
  (e.localName === "img" && /^x$|:9[/]x.png$/.test(e.getAttribute("src") ?? ""))
).map(e => e.outerHTML.slice(0, 200))"""
_ASK = """async ([address, method]) => {
  const token = document.cookie.match(/_streamlit_xsrf=([^;]*)/)?.[1].replaceAll('"', "") ?? "";
  const body = new FormData();
  body.append("file", new Blob(["x"]), "a.jpg");
  const more = method === "PUT" ? { body } : {};
  return (await fetch(address, { method, headers: { "X-Xsrftoken": token }, ...more })).status;
}"""


@contextmanager
def chromium() -> Iterator[Browser | None]:
    """A browser; None where there is none, or what drives it is not installed."""
    if CHROMIUM is None:
        yield None
        return
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


class Window:
    """A page of somebody's own, and what happens in it that must not."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(_PATIENCE_MS)
        self.address, self.happened, self.asked = address, list[str](), list[str]()
        self.page.on("dialog", self._dismiss)
        self.page.on("pageerror", lambda error: self.happened.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))

    def open(self, page: str, query: str = "") -> None:
        """Types an address, and waits until its page has been drawn."""
        self.page.goto(f"{self.address}/{page}?{query}")
        self.page.locator(_DRAWN).wait_for()
        self.page.locator('[data-testid="stMarkdown"]').first.wait_for()

    def all_text(self) -> str:
        """What stands in the document, seen or not."""
        return self.page.content()

    def _dismiss(self, dialog: Any) -> None:
        self.happened.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _note(self, url: str) -> None:
        self.asked.append(url)
        if ":9/" in url:
            self.happened.append(f"asked for {url}")


@contextmanager
def window(
    browser: Browser, address: str, cookies: dict[str, str] | None = None
) -> Iterator[Window]:
    """A fresh browser's window."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000})
    for name, value in (cookies or {}).items():
        context.add_cookies([{"name": name, "value": value, "url": address}])
    try:
        yield Window(context, address)
    finally:
        context.close()


def browser_attempts_at_login(target: Target, browser: Browser) -> Iterator[Attempt]:
    """As a stranger, at a server with a login."""
    address = target.url
    for page in PAGES:
        name = f"stranger's browser: {page or 'Home'} of a run"
        yield name, partial(_sees, browser=browser, address=address, page=page, words=_SIGN_IN)
    for kind, cookie in forged_cookies():
        name, _, value = cookie.partition("=")
        work = partial(_sees, browser=browser, address=address, words=_SIGN_IN)
        yield f"stranger's browser: {kind}", partial(work, cookies={name: value[:4000]})


def browser_attempts_behind_proxy(
    target: Target, browser: Browser, door: Doorkeeper
) -> Iterator[Attempt]:
    """As a stranger, a viewer and a trainer; and hostile names, which nobody may run."""
    nobody = door.address("")
    for page in PAGES:
        name = f"stranger's browser: {page or 'Home'} without the proxy"
        yield name, partial(_sees, browser=browser, address=nobody, page=page, words=_NO_PROXY)
    for role, email in (("viewer", VIEWER), ("trainer", TRAINER)):
        address = door.address(email)
        for page in PAGES:
            name = f"{role}'s browser: {page or 'Home'} of a private run"
            yield name, partial(_sees, browser=browser, address=address, page=page)
    yield from _files(target, browser, door.address(ADMIN), nobody)
    yield from _hostile(target, browser, door.address(TRAINER))


def _sees(
    target: Target,
    browser: Browser,
    address: str,
    page: str = "",
    words: str = "",
    cookies: dict[str, str] | None = None,
) -> bool:
    """Whether a deep link shows what is private; or anything, where only `words` should stand."""
    query = f"run={target.run_id}&dataset={target.dataset_id}&model={target.run_id}"
    with window(browser, address, cookies) as opened:
        opened.open(page, query)
        if words:
            opened.page.get_by_text(words).first.wait_for()
            if opened.page.locator(_STEPS).count():
                return True
        return leaks(opened.all_text())


def _files(target: Target, browser: Browser, address: str, nobody: str) -> Iterator[Attempt]:
    """Addresses that the owner's browser was given, in a browser that nobody knows."""
    with window(browser, address) as owner, window(browser, nobody) as stranger:
        owner.open("Data", f"dataset={target.dataset_id}&view=images")
        picture = owner.page.locator('.st-key-gallery img[src*="/media/"]').first
        picture.wait_for()
        owner.page.wait_for_function("e => e.naturalWidth > 0", arg=picture.element_handle())
        if not leaks(owner.all_text()):
            raise RuntimeError("The owner does not see their data.")
        _choose(owner.page, hostile_zip())
        uploads = [url for url in owner.asked if "/_stcore/upload_file/" in url]
        media = [url for url in owner.asked if re.search(r":\d+/media/", url)]  # no font
        if not uploads or not media or not _gets(owner, media[0], "GET"):
            raise RuntimeError("The owner's browser was given no pictures, or sent nothing.")
        stranger.open("")
        for method, url in (("GET", media[0]), ("GET", media[-1]), ("PUT", uploads[-1])):
            kind = "upload" if method == "PUT" else "picture"
            name = f"stranger's browser: {method} of somebody's {kind}"
            yield name, lambda _, url=url, method=method: _gets(stranger, url, method)
        yield (
            "stranger's browser: DELETE of somebody's upload",
            lambda _: _gets(stranger, uploads[-1], "DELETE"),
        )


def _gets(window: Window, url: str, method: str) -> bool:
    path = re.sub(r"^https?://[^/]+", "", url)
    return int(window.page.evaluate(_ASK, [path, method])) < 300


def _hostile(target: Target, browser: Browser, address: str) -> Iterator[Attempt]:
    dataset_id, run_id = hostile_things(target.workspace)
    both = f"dataset={dataset_id}&run={run_id}&model={run_id}"
    for page, more in (
        ("", ""),
        ("Data", ""),
        ("Data", "&view=images"),
        ("Data", "&view=issues"),
        ("Data", "&view=split"),
        ("Head", ""),
        ("Fine_tune", ""),
        ("Evaluate", ""),
        ("Predict", ""),
        ("Runs", ""),
    ):
        name = f"hostile names: {page or 'Home'}{more.replace('&', ' ')}"
        work = partial(_runs, browser=browser, address=address, page=page, query=both + more)
        yield name, work
    yield "hostile names: a zip", partial(_reads_zip, browser=browser, address=address)


def _runs(target: Target, browser: Browser, address: str, page: str, query: str) -> bool:
    """Whether a name became anything but text, also in what is folded."""
    with window(browser, address) as opened:
        opened.open(page, query)
        for folded in opened.page.locator("details:not([open]) > summary").all():
            _click(folded)
        for folded in opened.page.locator('[data-testid="stPopover"] button').all():
            _click(folded)
            opened.page.keyboard.press("Escape")
        opened.page.locator(_DRAWN).wait_for()
        return _injected(opened)


def _reads_zip(target: Target, browser: Browser, address: str) -> bool:
    with window(browser, address) as opened:
        opened.open("Data")
        _choose(opened.page, hostile_zip())
        return _injected(opened)


def _injected(opened: Window) -> bool:
    opened.page.wait_for_timeout(500)
    if "alert(1)" not in opened.all_text():
        raise RuntimeError(f"No hostile name stands on {opened.page.url}.")
    found = [*opened.happened, *opened.page.evaluate(_INJECTED)]
    for what in found:
        os.write(1, f"{what}\n".encode())
    return bool(found)


def _choose(page: Page, data: bytes) -> None:
    tab = page.get_by_role("tab", name="Upload a zip")
    if not tab.is_visible():
        page.get_by_text("Bring in a data set").first.click()
    tab.click()
    name = f"{NAMES[1]}.zip"
    uploader = page.get_by_label("A zip or tar of images", exact=True)
    with page.expect_file_chooser() as chooser:
        uploader.get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files([{"name": name, "mimeType": "application/zip", "buffer": data}])
    page.get_by_text("12 images in 4 classes").first.wait_for()


def _click(element: Locator) -> None:
    with suppress(PlaywrightError):  # hidden behind something else, or gone
        element.click(timeout=3000)
