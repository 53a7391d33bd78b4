"""Owners of data sets and runs, and their visibility."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.errors import TeamError
from core.team.database import TeamDatabase
from core.team.tables import OwnerRow

Kind = Literal["dataset", "run"]
GONE = "gone"
# Pages ask for all owners in every rerun and every look of a live view.
_FRESH_SECONDS = 1.0


@dataclass(frozen=True)
class Owned:
    """Owner of a thing: "" for things made without a login."""

    owner: str = ""
    private: bool = False


NOBODYS = Owned()
Known = Mapping[tuple[str, str], Owned]


class Owners:
    """The record of owners.

    Args:
        database: Where it is.
    """

    def __init__(self, database: TeamDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: Known | None = None
        self._read = float("-inf")

    def of(self, kind: Kind, thing: str) -> Owned:
        """Current owner of one thing, from the database."""
        with self._database.reading() as session:
            row = session.get(OwnerRow, (kind, thing))
            return _owned(row) if row is not None else NOBODYS

    def all(self) -> Known:
        """All that have an owner, by kind and id; at most a second old.

        Where the database cannot be reached, what it said last: who watches a run goes on.

        Raises:
            TeamError: If it was never reached.
        """
        with self._lock:
            if time.monotonic() - self._read > _FRESH_SECONDS:
                try:
                    self._known = self._all()
                    self._read = time.monotonic()
                except TeamError:
                    if self._known is None:
                        raise
            return self._known or {}

    def _all(self) -> Known:
        with self._database.reading() as session:
            # Columns, not objects: a tenth of the time, and pages wait for it.
            row = OwnerRow
            rows = session.execute(select(row.kind, row.id, row.owner, row.private))
            return {(kind, thing): Owned(owner, private) for kind, thing, owner, private in rows}

    def claim(self, kind: Kind, things: Iterable[str], owner: str) -> None:
        """Gives new things an owner; what has one keeps it."""
        for thing in things:
            # Two people may bring in the same images at the same moment.
            with suppress(IntegrityError), self._database.writing() as session:
                if session.get(OwnerRow, (kind, thing)) is None:
                    session.add(OwnerRow(kind=kind, id=thing, owner=owner, private=False))
        self._forget_read()

    def share(self, kind: Kind, thing: str, private: bool) -> None:
        """Make a thing private or shared."""
        with self._database.writing() as session:
            row = session.get(OwnerRow, (kind, thing))
            if row is None:
                session.add(OwnerRow(kind=kind, id=thing, owner="", private=private))
            else:
                row.private = private
        self._forget_read()

    def forget(self, kind: Kind, thing: str) -> None:
        """Takes a thing that was deleted out of the record.

        Of a private one it is kept that it was: what was done to it stays its owner's alone.
        """
        with self._database.writing() as session:
            row = session.get(OwnerRow, (kind, thing))
            if row is not None and row.private:
                session.merge(OwnerRow(kind=GONE, id=thing, owner=row.owner, private=True))
            if row is not None:
                session.delete(row)
        self._forget_read()

    def _forget_read(self) -> None:
        with self._lock:
            self._read = float("-inf")


def _owned(row: OwnerRow) -> Owned:
    return Owned(row.owner, row.private)
