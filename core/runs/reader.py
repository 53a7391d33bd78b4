"""Read the folder of runs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from core.config import FineTuneConfig, config_from_dict
from core.errors import RunError
from core.files import FileVersion, file_version, leads_out, read_json, read_kept
from core.jobs.state import read_status
from core.language import tr
from core.records import UNREADABLE_RECORD, read_record, seconds_since_1970
from core.runs.listing import listing_of
from core.runs.run import GroupMark, Run, RunState, RunStatus


class Runs:
    """The runs under one folder, to read only.

    Args:
        runs_dir: The workspace's `runs/`; may be missing.
        hidden: Says why a run is hidden from the reader, or None where it is visible; without it
            every run is visible.
    """

    def __init__(
        self, runs_dir: Path, hidden: Callable[[Run], RunError | None] | None = None
    ) -> None:
        self.runs_dir = runs_dir
        self._hidden = hidden or (lambda run: None)

    def get(self, run_id: str) -> Run:
        """Read one run as it is now.

        Raises:
            RunError: If there is no such run, its configuration cannot be read, or the reader
                may not see it.
        """
        run = self._read(run_id)
        hidden = self._hidden(run)
        if hidden is not None:
            raise hidden
        return run

    def hidden(self, run_id: str) -> RunError | None:
        """Return why a run is hidden; None where it is visible, or where there is none."""
        try:
            return self._hidden(self._read(run_id))
        except RunError:
            return None

    def list(self, rate_tests: bool = False) -> list[Run]:
        """All readable runs, the newest first.

        Args:
            rate_tests: Whether those are among them; they take their turn in the queue but make
                no model.
        """
        if not self.runs_dir.is_dir():
            return []
        runs = listing_of(self.runs_dir).runs(self.runs_dir, self._readable)
        runs = [run for run in runs if rate_tests or not run.is_rate_test]
        runs = [run for run in runs if self._hidden(run) is None]
        # By time, not by name: a name tells no more than the second.
        return sorted(runs, key=lambda run: (run.created, run.id), reverse=True)

    def queued(self) -> Sequence[Run]:
        """The queued runs, the next one first."""
        return in_order(self.list(rate_tests=True))

    def startable(self) -> Sequence[Run]:
        """The queued runs that can begin, the next one first: fine-tuning waits for its head."""
        return [run for run in self.queued() if not self._waits_for_head(run)]

    def children(self, run_id: str) -> Sequence[Run]:
        """Fine-tuning runs that start from this run."""
        return [
            run
            for run in self.list()
            if isinstance(run.config, FineTuneConfig) and run.config.head_run_id == run_id
        ]

    def _read(self, run_id: str) -> Run:
        path = self._path(run_id)
        try:
            about = read_kept(_written_config, path, file_version(path / "config.json"))
        except UNREADABLE_RECORD as error:
            raise RunError(
                tr("There is no readable run {id}.", id=repr(run_id)),
                tr("Choose another on the Runs page."),
            ) from error
        status, order = read_status(path), about.created
        if status.state is RunState.QUEUED:
            order = _order(path, order)
        return dataclasses.replace(about, status=status, order=order)

    def _readable(self, run_id: str) -> Run | None:
        if not (self.runs_dir / run_id / "config.json").exists():
            return None
        try:
            return self._read(run_id)
        except RunError:
            return None  # one unreadable folder must not hide the others

    def _waits_for_head(self, run: Run) -> bool:
        if not isinstance(run.config, FineTuneConfig):
            return False
        try:
            return self.get(run.config.head_run_id).status.state.active
        except RunError:
            return False  # deleted: the run begins, and says so

    def _path(self, run_id: str) -> Path:
        # The id may come from a URL: it must name a folder here and nothing else.
        if not run_id or Path(run_id).name != run_id or run_id in (".", ".."):
            raise RunError(
                tr("{id} is no run.", id=repr(run_id)), tr("Choose a run on the Runs page.")
            )
        return self.runs_dir / run_id


def in_order(runs: Sequence[Run]) -> Sequence[Run]:
    """Those of `runs` that are queued, the next one first."""
    queued = [run for run in runs if run.status.state is RunState.QUEUED]
    return sorted(queued, key=lambda run: (run.order, run.id))


@lru_cache(maxsize=2048)
def _written_config(path: Path, version: FileVersion) -> Run:
    """A run as its `config.json` says, read once; what changes is put in by `Runs.get`."""
    foreign = leads_out(path)
    if foreign is not None:
        raise RunError(
            tr(
                "Run {run} holds {name}, which is no file in its folder.",
                run=path.name,
                name=repr(foreign.relative_to(path).as_posix()),
            ),
            tr("Put the file itself in its place."),
        )
    record = read_json(path / "config.json")
    return Run(
        id=path.name,
        path=path,
        config=config_from_dict(record),
        status=RunStatus(),
        created=seconds_since_1970(record.get("created", 0.0)),
        dataset_name=str(record.get("dataset_name", "")),
        started_by=str(record.get("started_by", "")),
        group=GroupMark.from_dict(record.get("group")),
    )


def _order(path: Path, created: float) -> float:
    order = read_record(path / "order.json", lambda found: float(found["order"]), created)
    return order if math.isfinite(order) else created
