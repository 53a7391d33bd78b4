"""Uploads are taken from people who are in alone.

Streamlit takes a file from every open session, also from one that has only seen the sign-in page:
whether a session may upload is asked of the runtime, which is given a stricter answer here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime import exists as runtime_exists
from streamlit.runtime.scriptrunner import get_script_run_ctx

# A session whose connection was lost comes back without its page being run again.
_DAY_S = 24 * 3600.0


class Admitted:
    """Ids of the sessions whose person is in. Threads may share it."""

    def __init__(self, is_active: Callable[[str], bool]) -> None:
        """Starts with nobody.

        Args:
            is_active: Whether a session is open, as the runtime knows it.
        """
        self._is_active = is_active
        self._lock = threading.Lock()
        self._noted: dict[str, float] = {}

    def let(self, session_id: str, allowed: bool) -> None:
        """Notes whether a session's person is in, and forgets sessions that left long ago."""
        now = time.monotonic()
        with self._lock:
            kept = {i: t for i, t in self._noted.items() if now - t < _DAY_S or self._is_active(i)}
            kept.pop(session_id, None)
            self._noted = {**kept, session_id: now} if allowed else kept

    def may_upload(self, session_id: str) -> bool:
        """Whether the session is open and its person is in."""
        with self._lock:
            known = session_id in self._noted
        return known and self._is_active(session_id)


def guard_uploads(allowed: bool) -> None:
    """Notes whether this session's person is in; all others cannot upload from now on."""
    context = get_script_run_ctx()
    if context is not None and runtime_exists():
        _admitted(id(Runtime.instance())).let(context.session_id, allowed)


@st.cache_resource(show_spinner=False)
def _admitted(runtime_id: int) -> Admitted:
    """The runtime's sessions; there is one runtime a server, and one for each run in tests.

    Who has Streamlit's caches cleared finds the same ones again.
    """
    runtime = Runtime.instance()
    asked = getattr(runtime.is_active_session, "__self__", None)
    if isinstance(asked, Admitted):
        return asked
    admitted = Admitted(runtime.is_active_session)
    runtime.is_active_session = admitted.may_upload  # type: ignore[method-assign]
    return admitted
