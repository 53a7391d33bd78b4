"""How often a live view may look, given how many browsers look at once, and what they share.

A look costs the server some ten milliseconds, which a run trained on the same machine has to do
without. So all viewers together get a few looks a second for each core; alone or with some
colleagues, everybody has the full pace.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

T = TypeVar("T")
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


class Shared(Generic[T]):
    """What was made last, for all that look at the same thing. Threads may share it.

    Where many look, a thing that changes all the time would be made anew for each of them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[Hashable, float, T] | None = None

    def get(self, version: Hashable, make: Callable[[], T], age: float, now: float) -> T:
        """The thing, made anew where it is neither of this version nor young enough.

        Args:
            version: What it depends on.
            make: Makes it; one thread does at a time, the others wait for it.
            age: Seconds that one of an earlier version may be old.
            now: The time, in seconds.
        """
        with self._lock:
            kept = self._kept
            if kept is None or (kept[0] != version and now - kept[1] >= age):
                kept = self._kept = (version, now, make())
            return kept[2]


def pace(viewers: int, cores: int, quickest: float) -> float:
    """Seconds between two looks of one viewer.

    Args:
        viewers: How many look.
        cores: Of this machine.
        quickest: Seconds where the machine can spare everybody's looks.
    """
    crowd = viewers / (LOOKS_A_SECOND_AND_CORE * cores)
    return max(quickest, min(SLOWEST_SECONDS, quickest * crowd))


def age_allowed(viewers: int, seconds: float) -> float:
    """Seconds that a picture which others have just seen may be old, by the pace.

    Whoever is alone sees everything as it is.
    """
    return 0.0 if viewers == 1 else seconds / 2


def refresh_seconds(quickest: float) -> float:
    """The pace of this session's view, which it now looks at."""
    return pace(_count(), os.cpu_count() or 1, quickest)


def keep_pace(quickest: float) -> None:
    """Has the browser look at this pace from now on; called by a view that redraws itself.

    The whole page need not be drawn anew for it: a browser goes by what it was told last.
    """
    context = get_script_run_ctx()
    if context is None or not context.fragment_ids_this_run:
        return  # the whole page runs, and has just told the pace
    message = ForwardMsg()
    message.auto_rerun.fragment_id = ThreadState.get().fragment_id or ""
    message.auto_rerun.interval = refresh_seconds(quickest)
    context.enqueue(message)


def picture_age(quickest: float) -> float:
    """As `age_allowed`, for this session's view, which it now looks at."""
    viewers = _count()
    return age_allowed(viewers, pace(viewers, os.cpu_count() or 1, quickest))


def shared(thing: Hashable, version: Hashable, make: Callable[[], T], age: float) -> T:
    """What all that look at the same thing see, made once for them.

    Args:
        thing: Names it, with whatever tells what one person sees from what another does.
        version: Changes with it.
        make: Makes it.
        age: Seconds that one of an earlier version may be old, as `picture_age` has it.
    """
    kept: Shared[T] = _shared(thing)
    return kept.get(version, make, age, time.monotonic())


def _count() -> int:
    context = get_script_run_ctx()
    # Outside a session nobody looks.
    return _viewers().count(context.session_id, time.monotonic()) if context else 1


@st.cache_resource(show_spinner=False)
def _viewers() -> Viewers:
    return Viewers()


@st.cache_resource(show_spinner=False, max_entries=50)
def _shared(thing: Hashable) -> Shared[Any]:
    return Shared()
