"""Doing what a button is for, and saying why it may not be pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import UnfreezeError
from core.team.owners import Kind
from core.team.permissions import Action
from core.ui import session
from core.ui.cards import error_card
from core.ui.text import plain

T = TypeVar("T")


def act(
    work: Callable[[], T], then: Callable[[T], object] | None = None, queues: bool = False
) -> None:
    """Do what a button is for and run the page again; show an error card where it fails.

    Args:
        work: Changes something, through `session.team()`.
        then: Called with the result before the page runs again; may switch to another page.
        queues: Whether `work` adds jobs to the queue, which then looks at once.
    """
    try:
        made = work()
    except UnfreezeError as error:
        error_card(error)
        return
    if queues:
        session.wake_queue()
    if then is not None:
        then(made)
    st.rerun()


def refused(action: Action, kind: Kind | None = None, thing: str = "") -> str:
    """Reason why this user may not press a button, for its help; "" where they may.

    What it does is refused as well, whoever asks for it: this only says so beforehand.
    """
    reason = session.team().refusal(action, kind, thing)
    return f"{reason.what} {reason.way_out}" if reason is not None else ""


def act_button(
    label: str,
    to: Action,
    on: tuple[Kind, str] | None = None,
    place: DeltaGenerator | None = None,
    **options: Any,
) -> bool:
    """A button that is disabled, with the reason as its help, for whoever may not press it.

    Args:
        label: What it says.
        to: What it does.
        on: What it is done to, where that has an owner: its kind and id.
        place: Column or container; the page itself unless given.
        **options: As `st.button` takes them.

    Returns:
        Whether it was pressed.
    """
    reason = refused(to, *on) if on is not None else refused(to)
    if reason:
        options |= {"disabled": True, "help": plain(reason)}
    pressed: bool = (place or st).button(label, **options)
    return pressed
