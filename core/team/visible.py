"""The data sets and runs that somebody sees: private ones of others are not there."""

from __future__ import annotations

from core.datasets import Dataset, DatasetStore
from core.errors import DatasetError, RunError
from core.language import tr
from core.runs import Run, RunStore
from core.team.acting import Acting
from core.team.owners import NOBODYS, Kind, Owned
from core.team.permissions import sees


class VisibleDatasets(DatasetStore):
    """The workspace's data sets as one person sees them.

    Args:
        acting: Who looks.
    """

    def __init__(self, acting: Acting) -> None:
        super().__init__(acting.settings.datasets_dir)
        self._acting = acting

    def get(self, dataset_id: str, version: str = "") -> Dataset:
        """Reads one data set.

        Raises:
            DatasetError: If there is none, it cannot be read, or it is somebody else's alone.
        """
        dataset = super().get(dataset_id, version)
        hidden = self.hidden(dataset_id)
        if hidden is not None:
            raise hidden
        return dataset

    def hidden(self, dataset_id: str) -> DatasetError | None:
        """Why a data set is not seen; None where it is, or where there is none."""
        owned = _owned(self._acting, "dataset", dataset_id)
        if sees(self._acting.person, owned.owner, owned.private):
            return None
        return DatasetError(
            tr("This data set is private."),
            tr("Ask {owner} to share it.", owner=owned.owner or tr("an admin")),
        )


class VisibleRuns(RunStore):
    """The workspace's runs as one person sees them.

    A run on somebody else's private data set is not seen either: it shows its images.

    Args:
        acting: Who looks.
    """

    def __init__(self, acting: Acting) -> None:
        super().__init__(acting.settings.runs_dir)
        self._acting = acting

    def get(self, run_id: str) -> Run:
        """Reads one run as it is now.

        Raises:
            RunError: If there is none, it cannot be read, or it is somebody else's alone.
        """
        run = super().get(run_id)
        hidden = self._reason(run)
        if hidden is not None:
            raise hidden
        return run

    def shows(self, run: Run) -> bool:
        """Whether this person sees it."""
        return self._reason(run) is None

    def hidden(self, run_id: str) -> RunError | None:
        """Why a run is not seen; None where it is, or where there is none."""
        try:
            return self._reason(super().get(run_id))
        except RunError:
            return None

    def _reason(self, run: Run) -> RunError | None:
        person, own = self._acting.person, _owned(self._acting, "run", run.id)
        data = _owned(self._acting, "dataset", run.base.dataset_id)
        mine = bool(own.owner) and own.owner == person.email
        hidden = next((o for o in (own, data) if not sees(person, o.owner, o.private)), None)
        if hidden is None or mine:
            return None
        return RunError(
            tr("This run is private."),
            tr("Ask {owner} to share it.", owner=hidden.owner or tr("an admin")),
        )


def _owned(acting: Acting, kind: Kind, thing: str) -> Owned:
    return acting.known_owners().get((kind, thing), NOBODYS)
