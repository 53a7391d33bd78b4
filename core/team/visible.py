"""The data sets and runs that a user sees: private ones of others are hidden."""

from __future__ import annotations

from core.datasets import Datasets
from core.errors import DatasetError, RunError
from core.language import tr
from core.runs import Run, Runs
from core.team.acting import Acting
from core.team.owners import NOBODYS, Kind, Owned
from core.team.permissions import sees


def visible_datasets(acting: Acting) -> Datasets:
    """Return a reader of the data sets that a user sees."""

    def hidden(dataset_id: str) -> DatasetError | None:
        owned = _owned(acting, "dataset", dataset_id)
        if sees(acting.person, owned.owner, owned.private):
            return None
        return DatasetError(
            tr("This data set is private."),
            tr("Ask {owner} to share it.", owner=owned.owner or tr("an admin")),
        )

    return Datasets(acting.settings.datasets_dir, hidden)


def visible_runs(acting: Acting) -> Runs:
    """Return a reader of the runs that a user sees.

    A run on another user's private data set is hidden too: it shows its images.
    """

    def hidden(run: Run) -> RunError | None:
        person, own = acting.person, _owned(acting, "run", run.id)
        data = _owned(acting, "dataset", run.base.dataset_id)
        mine = bool(own.owner) and own.owner == person.email
        cause = next((o for o in (own, data) if not sees(person, o.owner, o.private)), None)
        if cause is None or mine:
            return None
        return RunError(
            tr("This run is private."),
            tr("Ask {owner} to share it.", owner=cause.owner or tr("an admin")),
        )

    return Runs(acting.settings.runs_dir, hidden)


def _owned(acting: Acting, kind: Kind, thing: str) -> Owned:
    return acting.known_owners().get((kind, thing), NOBODYS)
