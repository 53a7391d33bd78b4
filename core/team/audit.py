"""Activity log: rows are added and never changed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.team.database import TeamDatabase
from core.team.tables import AuditRow


@dataclass(frozen=True)
class Deed:
    """Something that was done.

    Attributes:
        id: Counts up.
        moment: When, in seconds since 1970, UTC.
        who: Address of who did it; "" where nobody signs in.
        action: A value of `Action`, such as `start_run`.
        kind: `dataset`, `run`, or "" for the installation.
        thing: Its id, or "".
        details: What else is known, such as `name`; plain values.
    """

    id: int
    moment: float
    who: str
    action: str
    kind: str
    thing: str
    details: dict[str, Any]


class Audit:
    """The record.

    Args:
        database: Where it is.
    """

    def __init__(self, database: TeamDatabase) -> None:
        self._database = database

    def write(self, who: str, action: str, kind: str = "", thing: str = "", **details: Any) -> None:
        """Adds a row."""
        with self._database.writing() as session:
            session.add(
                AuditRow(
                    moment=time.time(),
                    who=who,
                    action=action,
                    kind=kind,
                    thing=thing,
                    details=details,
                )
            )

    def read(self, most: int = 100, before: int | None = None, thing: str = "") -> list[Deed]:
        """Rows, the newest first.

        Args:
            most: How many.
            before: Only those whose id is smaller, to turn pages.
            thing: Only those about it.
        """
        wanted = select(AuditRow).order_by(AuditRow.id.desc()).limit(most)
        if before is not None:
            wanted = wanted.where(AuditRow.id < before)
        if thing:
            wanted = wanted.where(AuditRow.thing == thing)
        with self._database.reading() as session:
            return [_deed(row) for row in session.scalars(wanted)]


def _deed(row: AuditRow) -> Deed:
    return Deed(row.id, row.moment, row.who, row.action, row.kind, row.thing, dict(row.details))
