"""Browsers in which a signed-in user has opened a page: they alone fetch files and upload.

The server gives each browser a random cookie that scripts cannot read. A page run, which knows who
is signed in, marks that browser; requests that come without a page run are judged by the mark.
"""

from __future__ import annotations

import re
import secrets
import threading
import time

BROWSER_COOKIE = "unfreeze_browser"
# Every run of a page marks its browser again.
_DAY_S = 24 * 3600.0
_BYTES = 24
_FORM = re.compile(r"[\w-]{32}", re.ASCII)


def new_browser() -> str:
    """Return a random value for the cookie."""
    return secrets.token_urlsafe(_BYTES)


def browser_in(cookie: object) -> str:
    """Return the browser that a cookie's value names; "" where the server cannot have given it."""
    return cookie if isinstance(cookie, str) and _FORM.fullmatch(cookie) else ""


class SignedInBrowsers:
    """Browsers whose user is signed in and may use the app. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marked: dict[str, float] = {}

    def mark(self, browser: str, allowed: bool) -> None:
        """Mark a browser or take its mark away, and forget those of more than a day ago.

        Args:
            browser: As `browser_in` returns it; "" is never marked.
            allowed: Whether its user is signed in and may use the app.
        """
        now = time.monotonic()
        with self._lock:
            kept = {b: t for b, t in self._marked.items() if now - t < _DAY_S and b != browser}
            self._marked = {**kept, browser: now} if allowed and browser else kept

    def __contains__(self, browser: str) -> bool:
        with self._lock:
            return time.monotonic() - self._marked.get(browser, float("-inf")) < _DAY_S
