"""Requests that the server makes of itself, in place of one that it has had."""

from __future__ import annotations

from starlette.types import Message, Scope

_KEPT = ("type", "asgi", "http_version", "scheme", "path", "raw_path", "query_string", "root_path")


def like(scope: Scope, headers: tuple[bytes, ...], **others: object) -> Scope:
    """Return a request to the same address.

    Args:
        scope: Of the request that it resembles.
        headers: Names of the headers that it has in common with that one.
        **others: What else the request consists of.
    """
    kept = {key: scope[key] for key in _KEPT if key in scope}
    return {**kept, "headers": [pair for pair in scope["headers"] if pair[0] in headers], **others}


async def unheard(message: Message) -> None:
    """Take a part of an answer that nobody waits for."""
