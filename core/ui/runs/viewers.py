"""Refresh rate of live views, by the number of viewers, and their shared results.

A look costs the server some ten milliseconds, which a run trained on the same machine has to do
without. So all viewers together get a few looks a second for each core; alone or with some
colleagues, everybody has the full pace.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

import streamlit as st

from core.ui import session
from core.ui.refreshed import refreshed

_P = ParamSpec("_P")
T = TypeVar("T")
LOOKS_A_SECOND_AND_CORE = 2.5
SLOWEST_SECONDS = 15.0
# A pace that differs by less is not worth drawing the page anew.
_NEAR = 1.5
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
    """Latest shared result for all viewers of the same thing. Threads may share it.

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


def paced(view: Callable[_P, None], quickest: float) -> Callable[_P, None]:
    """Make what draws a part of a page draw it again by itself, at the pace of the crowd.

    A browser is told the pace when the whole page is drawn, and that happens again once the crowd
    has grown or shrunk so much that the pace no longer fits.

    Args:
        view: Draws it.
        quickest: Seconds where the machine can spare everybody's looks.

    Returns:
        What draws it for the first time, with the arguments of `view`.
    """
    told = _seconds(quickest)

    @wraps(view)
    def looked(*args: _P.args, **kwargs: _P.kwargs) -> None:
        if not is_close(_seconds(quickest), told):
            st.rerun()
        view(*args, **kwargs)

    return refreshed(looked, told)


def is_close(seconds: float, told: float) -> bool:
    """Return whether a pace is near enough to the one that a browser was told."""
    return max(seconds, told) <= _NEAR * min(seconds, told)


def picture_age(quickest: float) -> float:
    """Value of `age_allowed` for this session's view, which counts as a viewer now."""
    viewers = _count()
    return age_allowed(viewers, pace(viewers, os.cpu_count() or 1, quickest))


def shared(thing: Hashable, version: Hashable, make: Callable[[], T], age: float) -> T:
    """Result shared by all viewers of the same thing, made once for them.

    Args:
        thing: Names it, with whatever tells what one person sees from what another does.
        version: Changes with it.
        make: Makes it.
        age: Seconds that one of an earlier version may be old, as `picture_age` has it.
    """
    kept: Shared[T] = _shared(thing)
    return kept.get(version, make, age, time.monotonic())


def _seconds(quickest: float) -> float:
    return pace(_count(), os.cpu_count() or 1, quickest)


def _count() -> int:
    return _viewers().count(session.session_id(), time.monotonic())


@st.cache_resource(show_spinner=False)
def _viewers() -> Viewers:
    return Viewers()


@st.cache_resource(show_spinner=False, max_entries=50)
def _shared(thing: Hashable) -> Shared[Any]:
    return Shared()
