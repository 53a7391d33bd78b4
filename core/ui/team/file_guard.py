"""Files go to and come from browsers whose person is in: pictures, downloads, and uploads.

Streamlit keeps what a page shows in memory and gives it to whoever knows its address, a hash of its
content; and it takes an upload from whoever knows a session's id. Here the browser must also be one
in which somebody who is in has opened a page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Mapping

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from streamlit.runtime import Runtime
from streamlit.runtime import exists as runtime_exists
from streamlit.web.server.server_util import is_xsrf_enabled
from streamlit.web.server.starlette import starlette_routes
from streamlit.web.server.starlette.starlette_app_utils import (
    decode_xsrf_token_string,
    validate_xsrf_token,
)
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

# Every run of a page notes its browser again.
_DAY_S = 24 * 3600.0


class KnownBrowsers:
    """Browsers whose person is in. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[str, float] = {}

    def let(self, browser: str, allowed: bool) -> None:
        """Notes whether a browser's person is in, and forgets those of long ago."""
        now = time.monotonic()
        with self._lock:
            kept = {b: t for b, t in self._noted.items() if now - t < _DAY_S and b != browser}
            self._noted = {**kept, browser: now} if allowed and browser else kept

    def __contains__(self, browser: str) -> bool:
        with self._lock:
            return time.monotonic() - self._noted.get(browser, float("-inf")) < _DAY_S


def browser_of(cookies: Mapping[str, str]) -> str:
    """What tells a browser from others: the token of Streamlit's XSRF cookie, "" without one."""
    token, _ = decode_xsrf_token_string(cookies.get(XSRF_COOKIE_NAME) or "")
    return token.hex() if token else ""


def guard_files(allowed: bool) -> None:
    """Notes whether this browser's person is in; all others get no file, and send none."""
    if runtime_exists() and is_xsrf_enabled():
        _known(id(Runtime.instance())).let(browser_of(st.context.cookies), allowed)


@st.cache_resource(show_spinner=False)
def _known(runtime_id: int) -> KnownBrowsers:
    """The browsers; who has Streamlit's caches cleared finds the same ones again."""
    door = starlette_routes._set_cors_headers
    if not isinstance(door, _Door):
        door = _Door(door)
        starlette_routes._set_cors_headers = door
        starlette_routes.validate_xsrf_token = door.may_send  # type: ignore[attr-defined]
    return door.known


class _Door:
    """Stands before what Streamlit does last when it gives a file, and first when it takes one."""

    def __init__(self, as_ever: Callable[[Request, Response], Awaitable[None]]) -> None:
        self.known, self._as_ever = KnownBrowsers(), as_ever
        self._folder = f"{starlette_routes._with_base(starlette_routes.BASE_ROUTE_MEDIA)}/"

    async def __call__(self, request: Request, response: Response) -> None:
        """Lets an answer go, unless it is a file for a browser that is not known."""
        is_file = request.url.path.startswith(self._folder)
        if is_file and browser_of(request.cookies) not in self.known:
            raise HTTPException(status_code=403, detail="Sign in first")
        await self._as_ever(request, response)

    def may_send(self, supplied_token: str | None, xsrf_cookie: str | None) -> bool:
        """Whether an upload comes from a page of the app, in a browser that is known."""
        here = browser_of({XSRF_COOKIE_NAME: xsrf_cookie or ""})
        return validate_xsrf_token(supplied_token, xsrf_cookie) and here in self.known
