"""Common ground of all actions: the acting user, permissions and the activity log."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from core.errors import NotAllowedError, TeamError
from core.settings import Settings
from core.team.audit import Audit
from core.team.database import TeamDatabase
from core.team.notes import Notes
from core.team.owners import NOBODYS, Kind, Known, Owned, Owners
from core.team.people import Person
from core.team.permissions import Action, refusal, require
from core.team.presence import LabelLock, PresenceBook
from core.team.rates import PredictionRates

_LOG = logging.getLogger(__name__)
# What nobody does to a data set that somebody else has in hand.
_ONE_AT_A_TIME = (Action.EDIT_DATA, Action.DELETE_DATA)


class TeamBooks:
    """Everything that the team's database holds; one a process.

    Args:
        database: The database.
    """

    def __init__(self, database: TeamDatabase) -> None:
        self.database = database
        self.owners = Owners(database)
        self.audit = Audit(database)
        self.notes = Notes(database)
        self.presence = PresenceBook(database)
        self.rates = PredictionRates(database)


@dataclass(frozen=True)
class Acting:
    """Somebody who acts.

    Where nobody signs in there are no owners to ask for, so that a database that cannot be reached
    hinders nothing; where people sign in, nothing is changed without it.

    Attributes:
        settings: Name the workspace and the limits.
        person: Who.
        books: The team's database.
        session: Their session's id.
        browser: Tells two people apart where nobody signs in; it outlives a reload.
    """

    settings: Settings
    person: Person
    books: TeamBooks
    session: str = ""
    browser: str = ""

    @property
    def holder(self) -> str:
        """Identity that distinguishes this user from others."""
        return self.person.email or self.browser or self.session

    def known_owners(self) -> Known:
        """Owners of everything, at most a second old; empty without a login."""
        return self.books.owners.all() if self.person.known else {}

    def owned(self, kind: Kind, thing: str) -> Owned:
        """Current owner of a thing."""
        return self.books.owners.of(kind, thing) if self.person.known else NOBODYS

    def refusal(
        self, action: Action, kind: Kind | None = None, thing: str = ""
    ) -> NotAllowedError | None:
        """Reason why this user may not do something, to disable its button; None where they may."""
        if kind is None:
            return refusal(self.person, action)
        owned = self.known_owners().get((kind, thing), NOBODYS)
        reason = refusal(self.person, action, owned.owner, owned.private)
        return reason or self._held(action, thing)

    def require(self, action: Action, kind: Kind | None = None, thing: str = "") -> None:
        """Check that this user may do something.

        Raises:
            NotAllowedError: If they may not, or somebody else has the data set in hand.
            TeamError: If people sign in and the database cannot say whose it is.
        """
        if kind is None:
            require(self.person, action)
            return
        owned = self.owned(kind, thing)
        require(self.person, action, owned.owner, owned.private)
        held = self._held(action, thing)
        if held is not None:
            raise held

    def held_by_other(self, dataset_id: str) -> LabelLock | None:
        """Other user who is changing a data set now, or None."""
        lock = self.books.presence.lock_of(dataset_id)
        return lock if lock is not None and lock.holder != self.holder else None

    def record(
        self, action: Action, kind: Kind | str = "", thing: str = "", **details: Any
    ) -> None:
        """Writes down what was done."""
        try:
            self.books.audit.write(self.person.email, action.value, kind, thing, **details)
        except TeamError:
            # It is done already: to say that it failed would be wrong.
            _LOG.error("%s of %s %s is not on record", action, kind, thing)

    def claim(self, kind: Kind, *things: str) -> None:
        """Makes new things this person's."""
        if self.person.known:
            self.books.owners.claim(kind, things, self.person.email)

    def forget(self, kind: Kind, thing: str) -> None:
        """Takes what was deleted out of the books; what was done to it stays on record."""
        try:
            self.books.owners.forget(kind, thing)
            if kind == "run":
                self.books.notes.forget(thing)
        except TeamError:
            _LOG.error("%s %s is deleted, but not in the team's database", kind, thing)

    def _held(self, action: Action, thing: str) -> NotAllowedError | None:
        if action not in _ONE_AT_A_TIME:
            return None
        try:
            lock = self.held_by_other(thing)
        except TeamError:
            if self.person.known:
                raise
            return None
        return lock.refusal() if lock is not None else None
