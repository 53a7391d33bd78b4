"""Number of images classified in the last minute, counted across all servers."""

from __future__ import annotations

import time

from sqlalchemy import delete, func, select

from core.team.database import TeamDatabase
from core.team.tables import PredictionsRow

_KEPT_MINUTES = 60


class PredictionRates:
    """The counts.

    Args:
        database: Where they are.
    """

    def __init__(self, database: TeamDatabase) -> None:
        self._database = database

    def this_minute(self, who: str | None = None) -> int:
        """Images classified in this minute, by one person or by all."""
        wanted = select(func.coalesce(func.sum(PredictionsRow.images), 0))
        wanted = wanted.where(PredictionsRow.minute == _minute())
        if who is not None:
            wanted = wanted.where(PredictionsRow.who == who)
        with self._database.reading() as session:
            return int(session.scalar(wanted) or 0)

    def add(self, who: str, images: int) -> None:
        """Counts some more."""
        minute = _minute()
        with self._database.writing() as session:
            row = session.get(PredictionsRow, (who, minute), with_for_update=True)
            if row is None:
                session.add(PredictionsRow(who=who, minute=minute, images=images))
                old = PredictionsRow.minute < minute - _KEPT_MINUTES
                session.execute(delete(PredictionsRow).where(old))
            else:
                row.images += images


def _minute() -> int:
    return int(time.time() // 60)
