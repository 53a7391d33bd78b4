"""How often a live view may look, given how many browsers look at once.

A look costs the server some twenty milliseconds, which a run trained on the same machine has to do
without. So all viewers together get a few looks a second for each core; alone or with some
colleagues, everybody has the full pace.
"""

from __future__ import annotations

import os
import threading
import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

LOOKS_A_SECOND_AND_CORE = 2.5
SLOWEST_SECONDS = 15.0
# A viewer that was not heard of for that long has gone.
_FORGET_SECONDS = 2 * SLOWEST_SECONDS


class Viewers:
    """Sessions with a live view, and when each last looked. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, float] = {}

    def count(self, session_id: str, now: float) -> int:
        """Notes that a session looks, and tells how many do."""
        with self._lock:
            self._seen[session_id] = now
            gone = [key for key, seen in self._seen.items() if now - seen > _FORGET_SECONDS]
            for key in gone:
                del self._seen[key]
            return len(self._seen)


def pace(viewers: int, cores: int, quickest: float) -> float:
    """Seconds between two looks of one viewer."""
    shared = viewers / (LOOKS_A_SECOND_AND_CORE * cores)
    return min(SLOWEST_SECONDS, max(quickest, shared))


def refresh_seconds(quickest: float) -> float:
    """The pace of this session's live view, which it now looks at."""
    context = get_script_run_ctx()
    session_id = context.session_id if context else ""
    viewers = _viewers().count(session_id, time.monotonic())
    return pace(viewers, os.cpu_count() or 1, quickest)


def out_of_step(seconds: float, quickest: float) -> bool:
    """Whether a view that looks every so many seconds should have another pace by now."""
    wanted = refresh_seconds(quickest)
    return not 0.5 * wanted <= seconds <= 1.5 * wanted


@st.cache_resource(show_spinner=False)
def _viewers() -> Viewers:
    return Viewers()
