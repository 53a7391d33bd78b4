"""What the application has around its pages, and what starts and ends with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from core.app.departures import Departures
from core.app.doors import Doors
from core.app.errors import show_script_error
from core.app.routes import routes
from core.app.uploads import Uploads
from core.health import Examiner
from core.logs import log_to_file
from core.queue.dispatcher import Dispatcher
from core.server import SERVER
from core.settings import Settings
from core.ui.session import has_to_sign_in

_LOG = logging.getLogger(__name__)


def around_pages() -> dict[str, Any]:
    """Return the keyword arguments of `st.App`: life, middleware, routes, error card.

    Streamlit has read its options by now, as it does before it imports `streamlit_app.py`.
    """
    below = str(st.get_option("server.baseUrlPath") or "").strip("/")
    base = f"/{below}" if below else ""
    settings = Settings.from_environment()
    SERVER.dispatcher = Dispatcher(settings) if settings.queue else None
    examiner = Examiner(settings, SERVER.dispatcher)

    @asynccontextmanager
    async def lifespan(_: st.App) -> AsyncIterator[None]:
        log_to_file(settings.workspace / "logs" / "server.log")
        if SERVER.dispatcher is not None:
            SERVER.dispatcher.start()
        _LOG.info("the server has begun")
        try:
            yield
        finally:
            if SERVER.dispatcher is not None:
                await asyncio.to_thread(SERVER.dispatcher.close)
            examiner.close()
            _LOG.info("the server has ended")

    return {
        "lifespan": lifespan,
        "routes": routes(base, examiner.health),
        "middleware": _middleware(base),
        "on_script_error": show_script_error,
    }


def _middleware(base: str) -> list[Middleware]:
    def uploads(app: ASGIApp) -> ASGIApp:
        made = Uploads(app, base)
        SERVER.release_upload = made.release
        return made

    kept_s = float(st.get_option("server.disconnectedSessionTTL"))
    return [
        Middleware(Doors, base=base, asks=has_to_sign_in, browsers=SERVER.browsers),
        Middleware(uploads),
        Middleware(Departures, seconds=kept_s + 5),
    ]
