"""The switch between languages at the sidebar's foot."""

from __future__ import annotations

import streamlit as st

from core.language import LANGUAGES, tr
from core.ui import session

_KEY = "language_choice"
_YEAR_S = 365 * 24 * 3600


def show_language_choice() -> None:
    """Let the user choose the language, which the browser remembers."""
    st.segmented_control(
        tr("Language"),
        list(LANGUAGES),
        format_func=lambda code: LANGUAGES[code],
        default=session.language(),
        required=True,
        key=_KEY,
        on_change=_choose,
        label_visibility="collapsed",
    )


def language_cookies() -> list[str]:
    """Cookies that remember the language chosen in this session."""
    chosen = session.chosen_language()
    if chosen is None:
        return []
    return [f"{session.LANGUAGE_COOKIE}={chosen}; path=/; max-age={_YEAR_S}; SameSite=Lax"]


def _choose() -> None:
    session.choose_language(st.session_state[_KEY])
