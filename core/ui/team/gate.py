"""The gate before every page: who is not in sees why, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.errors import NotAllowedError
from core.server import SERVER
from core.ui import session
from core.ui.session import Way
from core.ui.team.sign_in import (
    ask_to_sign_in,
    attempt_succeeded,
    say_login_broken,
    say_no_access,
    say_proxy_missing,
)


def refusal() -> Callable[[], None] | None:
    """Content to show instead of the page; None for a user with access.

    Files and uploads of their browser are let through, or kept back (`core.app.doors`).
    """
    way = session.way_in()
    if way is Way.OPEN:
        return None
    shown = _refusal(way)
    SERVER.browsers.mark(session.browser(), shown is None)
    return shown


def _refusal(way: Way) -> Callable[[], None] | None:
    if way is Way.BROKEN:
        return say_login_broken
    if session.claims() is None:
        return ask_to_sign_in if way is Way.LOGIN else say_proxy_missing
    if session.sign_in_is_over():
        return partial(ask_to_sign_in, session.settings().limit_login_hours)
    if way is Way.LOGIN:
        attempt_succeeded()
    try:
        session.admitted_person()
    except NotAllowedError as error:
        return partial(say_no_access, error)
    return None
