"""Presence of users, and locks on data sets' labels."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import delete, select

from core.errors import NotAllowedError
from core.language import tr
from core.team.database import TeamDatabase
from core.team.tables import LabelLockRow, PresenceRow

# Who was not heard of for that long has gone; a page says so more often.
GONE_SECONDS = 60.0
# How long nobody else edits after an edit.
LOCK_SECONDS = 120.0


@dataclass(frozen=True)
class Present:
    """A session that looks at something.

    Attributes:
        session: Its id.
        who: Tells one from another, as a lock's holder does: an address, or a browser.
        name: What people call them.
        page: Key of the page's step.
        thing: Id of the run or data set that is shown, or "".
        seen: When it was last heard of, in seconds since 1970.
    """

    session: str
    who: str
    name: str
    page: str
    thing: str
    seen: float


@dataclass(frozen=True)
class LabelLock:
    """Somebody edits a data set's labels.

    Attributes:
        dataset: The data set.
        holder: Tells one from another: an address, or a session's id.
        name: What people call them; "" where nobody signs in.
        since: When they began, in seconds since 1970.
        until: When others may, unless another edit follows.
    """

    dataset: str
    holder: str
    name: str
    since: float
    until: float

    def refusal(self) -> NotAllowedError:
        """Message for everyone else who wants to edit."""
        return NotAllowedError(
            tr("{name} is changing this data set.", name=self.name or tr("Somebody else")),
            tr(
                "You see the changes come in; yours can follow two minutes after the last, or as "
                "soon as it is handed over."
            ),
        )


class PresenceBook:
    """Present users and label locks.

    Args:
        database: Where they are.
    """

    def __init__(self, database: TeamDatabase) -> None:
        self._database = database

    def seen(self, session_id: str, who: str, name: str, page: str, thing: str) -> None:
        """Notes that a session looks at something; those long gone are forgotten."""
        now = time.time()
        with self._database.writing() as session:
            session.merge(
                PresenceRow(
                    session=session_id, who=who, name=name, page=page, thing=thing, seen=now
                )
            )
            session.execute(delete(PresenceRow).where(PresenceRow.seen < now - 10 * GONE_SECONDS))

    def there(self, thing: str = "") -> list[Present]:
        """Present users by name; with `thing`, those who look at it."""
        wanted = select(PresenceRow).where(PresenceRow.seen >= time.time() - GONE_SECONDS)
        if thing:
            wanted = wanted.where(PresenceRow.thing == thing)
        with self._database.reading() as session:
            rows = session.scalars(wanted.order_by(PresenceRow.name, PresenceRow.session))
            return [Present(r.session, r.who, r.name, r.page, r.thing, r.seen) for r in rows]

    def lock(self, dataset_id: str, holder: str, name: str) -> LabelLock:
        """Takes or renews a data set's lock, unless somebody else holds it.

        Args:
            dataset_id: The data set.
            holder: Tells one from another: an address, or a session's id.
            name: What people call them.

        Returns:
            The lock as it is now; its `holder` says whose it is.
        """
        now = time.time()
        with self._database.writing() as session:
            row = session.get(LabelLockRow, dataset_id, with_for_update=True)
            held = row if row is not None and row.until > now else None
            if held is not None and held.holder != holder:
                return _lock(held)
            since = now if held is None else held.since
            renewed = LabelLockRow(
                dataset=dataset_id, holder=holder, name=name, since=since, until=now + LOCK_SECONDS
            )
            session.merge(renewed)
            return _lock(renewed)

    def lock_of(self, dataset_id: str) -> LabelLock | None:
        """Holder of a data set's lock; None where nobody holds it."""
        with self._database.reading() as session:
            row = session.get(LabelLockRow, dataset_id)
            if row is None or row.until <= time.time():
                return None
            return _lock(row)

    def unlock(self, dataset_id: str, holder: str) -> None:
        """Gives a lock back; somebody else's stays."""
        mine = LabelLockRow.holder == holder
        with self._database.writing() as session:
            session.execute(delete(LabelLockRow).where(LabelLockRow.dataset == dataset_id, mine))


def _lock(row: LabelLockRow) -> LabelLock:
    return LabelLock(row.dataset, row.holder, row.name, row.since, row.until)
