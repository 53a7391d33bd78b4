"""Language of this session's user."""

from __future__ import annotations

from contextvars import ContextVar

import streamlit as st

from core.language import LANGUAGES, best_language

LANGUAGE_COOKIE = "unfreeze_language"
_KEY = "language"
_PARAMETER = "lang"
# Every sentence asks, thousands of times a run of a page. The session's state may also end the run
# whenever it is asked, and a sentence must not end the work in whose midst it is told. So each run,
# which has a thread of its own, keeps the language here.
_LANGUAGE = ContextVar("language", default="en")


def language() -> str:
    """The language of this run of a page, a key of `LANGUAGES`; English outside a page."""
    return _LANGUAGE.get()


def settle_language() -> None:
    """Begin a run of a page, of a fragment or of a dialog in the session's language.

    It is settled once a session: by a link's `?lang=`, else by what was chosen in this browser
    before, else by the browser's own language. A choice in the sidebar then replaces it.
    """
    known: str | None = st.session_state.get(_KEY)
    if known is None:
        known = st.session_state[_KEY] = _at_first()
    _LANGUAGE.set(known)


def choose_language(code: str) -> None:
    """Makes a language the session's; `chosen_language` tells the browser to remember it."""
    st.session_state[_KEY] = st.session_state["chosen_language"] = code
    st.query_params.pop(_PARAMETER, None)
    _LANGUAGE.set(code)


def chosen_language() -> str | None:
    """Language chosen in this session; None where nothing was chosen."""
    chosen: str | None = st.session_state.get("chosen_language")
    return chosen


def _at_first() -> str:
    wanted = (st.query_params.get(_PARAMETER), st.context.cookies.get(LANGUAGE_COOKIE))
    named = next((code for code in wanted if code in LANGUAGES), None)
    return named or best_language(st.context.locale)
