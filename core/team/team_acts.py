"""Actions on notes, pins, visibility and presence."""

from __future__ import annotations

from core.errors import LimitError, NotAllowedError
from core.language import tr
from core.team.acting import Acting
from core.team.acts import Acts
from core.team.audit import Deed
from core.team.notes import Note
from core.team.owners import GONE, NOBODYS, Kind
from core.team.permissions import Action, require, sees
from core.team.presence import LabelLock, Present

LONGEST_NOTE = 4000


class TeamActs(Acts):
    """Notes, pins, visibility, presence and the record.

    All methods raise `TeamError` where the database cannot be reached.
    """

    def __init__(self, acting: Acting) -> None:
        super().__init__(acting)
        self._books = acting.books

    def notes(self, run_id: str) -> list[Note]:
        """A run's notes, the oldest first."""
        self._run(run_id)
        return self._books.notes.of(run_id)

    def write_note(self, run_id: str, text: str) -> None:
        """Adds a note to a run; an empty one is none."""
        self._check(Action.WRITE_NOTE, run_id)
        text = text.strip()
        if len(text) > LONGEST_NOTE:
            raise LimitError(
                tr("A note has at most {most} characters.", most=LONGEST_NOTE),
                tr("Write it shorter, or as two."),
            )
        if text:
            self._books.notes.write(run_id, self._acting.person.email, text)
            self._acting.record(Action.WRITE_NOTE, "run", run_id)

    def delete_note(self, note_id: int) -> None:
        """Deletes one's own note, or as an admin any."""
        note = self._books.notes.get(note_id)
        if note is None:
            return
        require(self._acting.person, Action.DELETE_NOTE, note.author)
        self._books.notes.delete(note_id)
        self._acting.record(Action.DELETE_NOTE, "run", note.run, author=note.author)

    def pinned(self) -> list[str]:
        """Ids of the pinned runs, the one pinned last first; some may be hidden or gone."""
        return self._books.notes.pinned()

    def pin(self, run_id: str, pinned: bool = True) -> None:
        """Pins a run for everybody, or takes the pin away."""
        self._check(Action.PIN_RUN, run_id)
        if pinned:
            self._books.notes.pin(run_id, self._acting.person.email)
        else:
            self._books.notes.unpin(run_id)
        self._acting.record(Action.PIN_RUN, "run", run_id, pinned=pinned)

    def share(self, kind: Kind, thing: str, private: bool) -> None:
        """Make a data set or run private or shared."""
        if not self._acting.person.known:
            raise NotAllowedError(
                tr("Where nobody signs in, everybody sees everything."),
                tr("Switch the login on to have private runs and data sets."),
            )
        self._acting.require(Action.SHARE, kind, thing)
        self._books.owners.share(kind, thing, private)
        self._acting.record(Action.SHARE, kind, thing, private=private)

    def feed(self, most: int = 50, before: int | None = None) -> list[Deed]:
        """Activity log, newest first, without others' private things.

        Args:
            most: How many rows are looked at.
            before: Only rows with a smaller id.
        """
        return [deed for deed in self._books.audit.read(most, before) if self._seen(deed)]

    def limits(self) -> list[tuple[str, int, int]]:
        """Usage of the limits; see `Limits.standing`."""
        return self._limits.standing()

    def look(self, page: str, thing: str = "") -> None:
        """Record that this session looks at a page, and at a run or data set on it."""
        acting = self._acting
        self._books.presence.seen(acting.session, acting.holder, acting.person.name, page, thing)

    def others(self, thing: str = "") -> list[Present]:
        """Sessions of others that are there; with `thing`, those that look at it."""
        there = self._books.presence.there(thing)
        return [p for p in there if p.who != self._acting.holder and self._may_see(p.thing)]

    def labels_held_by_other(self, dataset_id: str) -> LabelLock | None:
        """Other user who is changing a data set's labels now; None for nobody."""
        return self._acting.held_by_other(dataset_id)

    def labels_held(self, dataset_id: str) -> bool:
        """Return True if this user is changing a data set's labels, so that others wait."""
        lock = self._books.presence.lock_of(dataset_id)
        return lock is not None and lock.holder == self._acting.holder

    def give_labels_back(self, dataset_id: str) -> None:
        """Release a data set's labels before the lock expires."""
        self._books.presence.unlock(dataset_id, self._acting.holder)

    def _seen(self, deed: Deed) -> bool:
        return not deed.thing or self._may_see(deed.thing)

    def _may_see(self, thing: str) -> bool:
        known = self._acting.known_owners()
        found = (known.get((kind, thing), NOBODYS) for kind in ("run", "dataset", GONE))
        return all(sees(self._acting.person, o.owner, o.private) for o in found)
