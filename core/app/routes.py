"""Addresses beside the pages: health for load balancers, figures for Prometheus."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.doctor.listening import is_local
from core.health import Health
from core.metrics import metrics
from core.settings import Settings

# What a proxy adds: the request then came from another machine.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def routes(base: str, health: Callable[[], Health]) -> list[Route]:
    """Return `/healthz` and `/metrics`.

    Args:
        base: Path below which the app is served, such as "/unfreeze"; "" for none.
        health: Finds out how the server is.
    """

    async def healthz(request: Request) -> Response:
        found = await run_in_threadpool(health)
        status = "ok" if found.serviceable else "unavailable"
        body = {"status": status, **dataclasses.asdict(found)}
        headers = {"Cache-Control": "no-store"}
        return JSONResponse(body, 200 if found.serviceable else 503, headers)

    return [Route(f"{base}/healthz", healthz), Route(f"{base}/metrics", _metrics)]


async def _metrics(request: Request) -> Response:
    """Answer programs of this machine alone, as `python -m core.metrics` does."""
    peer = request.client.host if request.client else ""
    if not is_local(peer) or any(request.headers.get(name) for name in _FORWARDED):
        return PlainTextResponse("For programs of this machine alone", 403)
    text = await run_in_threadpool(lambda: metrics(Settings.from_environment()))
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")
