"""Doing what a button is for, and saying why it may not be pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import UnfreezeError
from core.team.owners import Kind
from core.team.permissions import Action
from core.ui import session
from core.ui.cards import error_card


def do(act: Callable[[], Any]) -> None:
    """Does it and draws the page anew, or says in a card why it cannot be done."""
    try:
        act()
    except UnfreezeError as error:
        error_card(error)
    else:
        st.rerun()


def refused(action: Action, kind: Kind | None = None, thing: str = "") -> str:
    """Why this person may not press a button, for its help; "" where they may.

    What it does is refused as well, whoever asks for it: this only says so beforehand.
    """
    reason = session.team().refusal(action, kind, thing)
    return f"{reason.what} {reason.way_out}" if reason is not None else ""
