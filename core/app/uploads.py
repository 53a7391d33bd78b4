"""Uploads that are on disk by now leave the server's memory.

Streamlit keeps an upload until two minutes after its page is closed, unless the browser removes the
file. The server can send itself the very request by which a browser does.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.app.requests import like, unheard

UPLOADS = "/_stcore/upload_file/"
# A browser may upload a folder of images; the oldest are freed with their session.
_MOST = 1000
# By which Streamlit knows that a page of the app asks.
_PROOF = (b"cookie", b"x-xsrftoken", b"host", b"origin")


class Uploads:
    """Keep what removes each upload, so that `release` can remove one by its file id.

    Args:
        app: The application that takes uploads.
        base: Path below which it is served, such as "/unfreeze"; "" for none.
    """

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app, self._folder = app, f"{base}{UPLOADS}"
        self._removals: OrderedDict[str, Scope] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through and take note of uploads."""
        if scope["type"] == "http" and scope["path"].startswith(self._folder):
            self._loop = asyncio.get_running_loop()
            self._note(scope)
        await self._app(scope, receive, send)

    def release(self, file_id: str) -> None:
        """Remove an upload; an unknown one is left alone. Any thread may ask."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._remove(file_id), self._loop)

    def _note(self, scope: Scope) -> None:
        file_id = scope["path"].rpartition("/")[2]
        if scope["method"] == "DELETE":
            self._removals.pop(file_id, None)
        elif scope["method"] == "PUT":
            self._removals[file_id] = like(scope, _PROOF, method="DELETE")
            if len(self._removals) > _MOST:
                self._removals.popitem(last=False)

    async def _remove(self, file_id: str) -> None:
        removal = self._removals.pop(file_id, None)
        if removal is not None:
            await self._app(removal, _no_body, unheard)


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
