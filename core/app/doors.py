"""Who may fetch pictures and downloads, and who may upload: signed-in users' browsers.

Streamlit keeps what a page shows in memory and gives it to whoever knows its address, a hash of its
content; and it takes an upload from whoever knows a session's id. This middleware stands before it.
The websocket stays open to everybody from the right origin, which Streamlit checks: the sign-in
page needs it, and every page run begins at the gate.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.app.uploads import UPLOADS
from core.team.browsers import BROWSER_COOKIE, SignedInBrowsers, browser_in, new_browser

_GUARDED = ("/media/", UPLOADS)
_YEAR_S = 365 * 24 * 3600


class Doors:
    """Refuse files and uploads to browsers that are not marked; give each browser its cookie.

    Args:
        app: The application behind the doors.
        base: Path below which it is served, such as "/unfreeze"; "" for none.
        asks: Returns whether users have to sign in.
        browsers: Those whose user is signed in.
    """

    def __init__(
        self, app: ASGIApp, base: str, asks: Callable[[], bool], browsers: SignedInBrowsers
    ) -> None:
        self._app, self._base = app, base
        self._asks, self._browsers = asks, browsers
        self._guarded = tuple(f"{base}{path}" for path in _GUARDED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 403."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        browser = browser_in(HTTPConnection(scope).cookies.get(BROWSER_COOKIE))
        if self._is_guarded(scope) and browser not in self._browsers and self._asks():
            await _drain(receive)
            await PlainTextResponse("Sign in first", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send if browser else self._naming(scope, send))

    def _is_guarded(self, scope: Scope) -> bool:
        """OPTIONS only asks what may be asked."""
        path = str(scope["path"])
        return scope["method"] != "OPTIONS" and path.startswith(self._guarded)

    def _naming(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that gives a new browser its cookie with the page or the first ping."""
        is_ping = scope["path"] == f"{self._base}/_stcore/health"

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if is_ping or headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", self._cookie(scope))
                    # A cache that kept it would give two browsers one name.
                    headers["cache-control"] = "no-store"
            await send(message)

        return named

    def _cookie(self, scope: Scope) -> str:
        proxied = HTTPConnection(scope).headers.get("x-forwarded-proto", "")
        secure = "; Secure" if "https" in (scope.get("scheme"), proxied) else ""
        where = f"Path={self._base or '/'}; Max-Age={_YEAR_S}"
        return f"{BROWSER_COOKIE}={new_browser()}; {where}; HttpOnly; SameSite=Lax{secure}"


async def _drain(receive: Receive) -> None:
    """Read a request to its end and keep nothing: proxies answer 502 where a server hangs up."""
    while (await receive()).get("more_body", False):
        pass
