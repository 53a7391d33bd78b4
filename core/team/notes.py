"""Notes on runs, and runs that are pinned for everybody."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from core.team.database import TeamDatabase
from core.team.tables import NoteRow, PinRow


@dataclass(frozen=True)
class Note:
    """Note of a user: plain text, shown as such.

    Attributes:
        id: Counts up.
        run: What it is about.
        author: Their address; "" where nobody signs in.
        text: What they wrote.
        written: When, in seconds since 1970.
    """

    id: int
    run: str
    author: str
    text: str
    written: float


class Notes:
    """Notes and pins.

    Args:
        database: Where they are.
    """

    def __init__(self, database: TeamDatabase) -> None:
        self._database = database

    def of(self, run_id: str) -> list[Note]:
        """A run's notes, the oldest first."""
        wanted = select(NoteRow).where(NoteRow.run == run_id).order_by(NoteRow.id)
        with self._database.reading() as session:
            return [_note(row) for row in session.scalars(wanted)]

    def get(self, note_id: int) -> Note | None:
        """One note, or None."""
        with self._database.reading() as session:
            row = session.get(NoteRow, note_id)
            return _note(row) if row is not None else None

    def counts(self) -> dict[str, int]:
        """Number of notes of each run; runs without notes are omitted."""
        wanted = select(NoteRow.run, func.count()).group_by(NoteRow.run)
        with self._database.reading() as session:
            return dict(session.execute(wanted).tuples().all())

    def write(self, run_id: str, author: str, text: str) -> None:
        """Adds a note."""
        with self._database.writing() as session:
            session.add(NoteRow(run=run_id, author=author, text=text, written=time.time()))

    def delete(self, note_id: int) -> None:
        """Takes a note away; nothing happens where it is gone."""
        with self._database.writing() as session:
            session.execute(delete(NoteRow).where(NoteRow.id == note_id))

    def pinned(self) -> list[str]:
        """Ids of the pinned runs, the one pinned last first."""
        with self._database.reading() as session:
            return list(session.scalars(select(PinRow.run).order_by(PinRow.pinned.desc())))

    def pin(self, run_id: str, who: str) -> None:
        """Pins a run; one that is pinned stays as it is."""
        with self._database.writing() as session:
            if session.get(PinRow, run_id) is None:
                session.add(PinRow(run=run_id, pinned_by=who, pinned=time.time()))

    def unpin(self, run_id: str) -> None:
        """Takes a pin away."""
        with self._database.writing() as session:
            session.execute(delete(PinRow).where(PinRow.run == run_id))

    def forget(self, run_id: str) -> None:
        """Takes away what is known of a run that was deleted."""
        with self._database.writing() as session:
            session.execute(delete(NoteRow).where(NoteRow.run == run_id))
            session.execute(delete(PinRow).where(PinRow.run == run_id))


def _note(row: NoteRow) -> Note:
    return Note(row.id, row.run, row.author, row.text, row.written)
