"""Pinned runs first, and the marks of pinned and private ones."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import TeamError
from core.runs import Run
from core.runs.groups import Group
from core.ui import session


def pinned_ids() -> list[str]:
    """Ids of the pinned runs, the one pinned last first; none where the database is away."""
    try:
        return session.team().facts.pinned()
    except TeamError:
        return []


def pinned_first(entries: Sequence[Run | Group], pinned: Sequence[str]) -> list[Run | Group]:
    """Pinned runs in the order of their pins, then all others as they were.

    Args:
        entries: Runs, and groups of them; a group stands where its members are pinned to.
        pinned: Of `pinned_ids`.
    """
    place = {run_id: number for number, run_id in enumerate(pinned)}

    def rank(entry: Run | Group) -> int:
        runs = entry.runs if isinstance(entry, Group) else [entry]
        return min(place.get(run.id, len(place)) for run in runs)

    return sorted(entries, key=rank)


def marks(run: Run, pinned: Sequence[str]) -> str:
    """Icons before a run's title."""
    pin = ":material/keep: " if run.id in pinned else ""
    private = session.team().owned("run", run.id).private
    return pin + (":material/lock: " if private else "")
