"""Files go to and come from browsers whose person is in: pictures, downloads, and uploads.

Streamlit keeps what a page shows in memory and gives it to whoever knows its address, a hash of its
content; and it takes an upload from whoever knows a session's id. Here the browser must also be one
in which somebody who is in has opened a page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

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
    """The runtime's browsers; there is one runtime a server, and one for each run in tests."""
    known = KnownBrowsers()
    as_ever = starlette_routes._set_cors_headers
    folder = f"{starlette_routes._with_base(starlette_routes.BASE_ROUTE_MEDIA)}/"

    async def only_for_known(request: Request, response: Response) -> None:
        # The last thing that Streamlit does before it answers, with what was asked at hand.
        if request.url.path.startswith(folder) and browser_of(request.cookies) not in known:
            raise HTTPException(status_code=403, detail="Sign in first")
        await as_ever(request, response)

    def only_of_known(supplied_token: str | None, xsrf_cookie: str | None) -> bool:
        # Asked before an upload is taken, or put away.
        here = browser_of({XSRF_COOKIE_NAME: xsrf_cookie or ""})
        return validate_xsrf_token(supplied_token, xsrf_cookie) and here in known

    starlette_routes._set_cors_headers = only_for_known
    starlette_routes.validate_xsrf_token = only_of_known  # type: ignore[attr-defined]
    return known
