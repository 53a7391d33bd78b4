"""In which language the person of this session reads."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState

from core.language import LANGUAGES, best_language

LANGUAGE_COOKIE = "unfreeze_language"
_KEY = "language"
_PARAMETER = "lang"
# Every sentence asks, thousands of times a run of a page. The session's state may also end the run
# whenever it is asked, and a sentence must not end the work in whose midst it is told.
_READERS: WeakKeyDictionary[SafeSessionState, str] = WeakKeyDictionary()


def language() -> str:
    """The session's language, a key of `LANGUAGES`; English outside a page.

    It is settled once a session: by a link's `?lang=`, else by what was chosen in this browser
    before, else by the browser's own language. A choice in the sidebar then replaces it.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return "en"
    known = _READERS.get(context.session_state)
    if known is None:
        known = _READERS[context.session_state] = _settled()
    return known


def choose_language(code: str) -> None:
    """Makes a language the session's; `chosen_language` tells the browser to remember it."""
    st.session_state[_KEY] = st.session_state["chosen_language"] = code
    st.query_params.pop(_PARAMETER, None)
    context = get_script_run_ctx()
    if context is not None:
        _READERS[context.session_state] = code


def chosen_language() -> str | None:
    """What was chosen in this session; None where nothing was."""
    chosen: str | None = st.session_state.get("chosen_language")
    return chosen


def _settled() -> str:
    known: str | None = st.session_state.get(_KEY)
    if known is None:
        known = st.session_state[_KEY] = _at_first()
    return known


def _at_first() -> str:
    wanted = (st.query_params.get(_PARAMETER), st.context.cookies.get(LANGUAGE_COOKIE))
    named = next((code for code in wanted if code in LANGUAGES), None)
    return named or best_language(st.context.locale)
