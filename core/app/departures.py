"""Sessions of users who left are dropped in time, with the files that they had uploaded.

Streamlit keeps a session for two minutes after its connection was lost, so that it can come back.
But it looks for those whose time is over only when another one leaves: what the last users of a day
had uploaded would stay in memory until somebody comes and goes. Here the server itself does.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.app.requests import like, unheard

# Streamlit asks for no more where it asks who may connect.
_HEADERS = (b"host", b"origin")


class Departures:
    """Open and close one session a while after the last websocket was closed.

    Args:
        app: The application that has the sessions.
        seconds: How long after; a little more than Streamlit keeps a session.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds
        self._timer: asyncio.TimerHandle | None = None
        self._visit: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through; where a websocket has ended, begin to wait."""
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "websocket":
                self._wait(scope)

    def _wait(self, scope: Scope) -> None:
        if self._timer is not None:
            self._timer.cancel()
        visitor = like(scope, _HEADERS, subprotocols=[])
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds, self._send_visitor, visitor)

    def _send_visitor(self, visitor: Scope) -> None:
        self._timer = None
        self._visit = asyncio.ensure_future(self._app(visitor, _comes_and_goes(), unheard))


def _comes_and_goes() -> Receive:
    """Return a `receive` of somebody who connects and hangs up."""
    told: list[Message] = [
        {"type": "websocket.connect"},
        {"type": "websocket.disconnect", "code": 1000},
    ]

    async def receive() -> Message:
        return told.pop(0) if len(told) > 1 else told[0]

    return receive
