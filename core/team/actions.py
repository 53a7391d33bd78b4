"""Entry point of pages for everything that changes something.

Each action goes the same way: may this person do it, is there room, do it, write it down.
"""

from __future__ import annotations

from core.errors import NotAllowedError
from core.settings import Settings
from core.team.acting import Acting, TeamBooks
from core.team.data_acts import DataActs
from core.team.owners import Kind, Owned
from core.team.people import Person
from core.team.permissions import Action
from core.team.run_acts import RunActs
from core.team.task_acts import TaskActs
from core.team.team_acts import TeamActs
from core.team.visible import visible_datasets, visible_runs


class Team:
    """One person's hand on the installation.

    Args:
        settings: Name the workspace, the roles and the limits.
        person: Who acts.
        books: The team's database.
        session: Their session's id.
        browser: Tells two people apart where nobody signs in.

    Attributes:
        runs: Starting, stopping, ordering and deleting runs.
        data: Bringing in, changing and deleting data sets.
        tasks: Predicting, exporting, heat maps; the installation's processes.
        facts: Notes, pins, who sees what, who is there, what was done.
        seen_runs: The runs that this person sees.
        seen_datasets: The data sets that this person sees.
    """

    def __init__(
        self,
        settings: Settings,
        person: Person,
        books: TeamBooks,
        session: str = "",
        browser: str = "",
    ) -> None:
        self._acting = Acting(settings, person, books, session, browser)
        self.person = person
        self.runs = RunActs(self._acting)
        self.data = DataActs(self._acting)
        self.tasks = TaskActs(self._acting)
        self.facts = TeamActs(self._acting)
        self.seen_runs = visible_runs(self._acting)
        self.seen_datasets = visible_datasets(self._acting)

    def refusal(
        self, action: Action, kind: Kind | None = None, thing: str = ""
    ) -> NotAllowedError | None:
        """Reason why this user may not do something, to disable its button; None where they may."""
        return self._acting.refusal(action, kind, thing)

    def owned(self, kind: Kind, thing: str) -> Owned:
        """Owner of a thing, at most a second old."""
        return self._acting.known_owners().get((kind, thing), Owned())
