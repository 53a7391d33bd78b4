"""Moments and durations as people say them."""

from __future__ import annotations

import time

from core.language import moment, number, tr


def ago(then: float, now: float | None = None) -> str:
    """Time since a moment: just now, 5 min ago, 3 h ago, then day and hour.

    Args:
        then: In seconds since 1970.
        now: Likewise; the clock's where it is None.
    """
    minutes = int(((time.time() if now is None else now) - then) // 60)
    if minutes < 1:
        return tr("just now")
    if minutes < 60:
        return tr("{minutes} min ago", minutes=minutes)
    if minutes < 24 * 60:
        return tr("{hours} h ago", hours=minutes // 60)
    return moment(then)


def duration(seconds: float) -> str:
    """A duration as people say it: 48 s, 2 min, 1 h 20 min."""
    if seconds < 90:
        return tr("{seconds} s", seconds=number(seconds))
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{minutes} min", minutes=minutes)
    return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
