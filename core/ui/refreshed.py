"""Parts of a page that draw themselves anew every so many seconds, for as long as their reader may.

The gate is asked before each time, as it is before every page: whose access was taken away, or
whose sign-in has ended, then sees why instead of the page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Literal, ParamSpec

import streamlit as st

from core.ui import session
from core.ui.session import Way
from core.ui.team.gate import refusal

_P = ParamSpec("_P")
_WATCH_SECONDS = 60.0


def refreshed(view: Callable[_P, None], seconds: float | None) -> Callable[_P, None]:
    """Makes what draws a part of a page draw it again by itself; the rest stays as it is.

    Args:
        view: Draws it. It may end with `st.rerun` to have the whole page drawn anew.
        seconds: How often; None for never.

    Returns:
        What draws it for the first time, with the arguments of `view`.
    """

    return st.fragment(_guarded(view), run_every=seconds)


def in_dialog(
    view: Callable[_P, None], title: str, width: Literal["small", "medium", "large"] = "small"
) -> Callable[_P, None]:
    """Makes what draws a part of a page draw it in a dialog; it runs anew with what is in it.

    Args:
        view: Draws it.
        title: What stands above it.
        width: How wide the dialog is.

    Returns:
        What opens the dialog, with the arguments of `view`.
    """
    return st.dialog(title, width=width)(_guarded(view))


def _guarded(view: Callable[_P, None]) -> Callable[_P, None]:
    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        session.settle_language()
        if refusal() is not None:
            st.rerun()
        view(*args, **kwargs)

    return guarded


def watch_access() -> None:
    """Ends a page that nobody touches with its reader's access; nothing where nobody signs in."""
    if session.way_in() is not Way.OPEN:
        refreshed(_nothing, _WATCH_SECONDS)()


def _nothing() -> None:
    """There is nothing to draw: being asked for it is what counts."""
