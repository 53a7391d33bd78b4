"""The folder of runs: create, read, list, stop, resume, order and delete.

The run folder is the protocol between the page and the worker, and each file has one writer:
`config.json`, `order.json` and the requests (the page; the worker takes `resume.request` and
`kill.request` away when it begins); `status.json`, `heartbeat`, `metrics.jsonl`, `worker.log` and
the results (the worker, or its supervisor once the worker is gone).
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import secrets
import shutil
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from core.config import FineTuneConfig, RateTestConfig, RunConfig, config_from_dict, config_to_dict
from core.errors import RunError
from core.files import FileVersion, file_version, leads_out, read_json, read_kept, write_json
from core.jobs.job import kill
from core.jobs.state import read_status, state_word
from core.jobs.state import write_status as write_status
from core.language import tr
from core.records import UNREADABLE_RECORD, read_record, seconds_since_1970
from core.runs.listing import listing_of
from core.runs.run import GroupMark, Run, RunState, RunStatus

# Raised when a field changes its meaning; new fields alone do not need it.
CONFIG_VERSION = 1


class RunStore:
    """Runs under one folder.

    Args:
        runs_dir: The workspace's `runs/`; created where it is missing.
        started_by: Who asks for the runs that are created, where that is known.
    """

    def __init__(self, runs_dir: Path, started_by: str = "") -> None:
        self.runs_dir = runs_dir
        self._started_by = started_by

    def create(
        self, config: RunConfig, dataset_name: str = "", group: GroupMark | None = None
    ) -> Run:
        """Makes a run folder with status `queued`.

        Raises:
            RunError: If the workspace cannot be written to.
        """
        created = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(created))
        run_id = f"{stamp}-{secrets.token_hex(3)}"
        record = {
            "version": CONFIG_VERSION,
            "created": created,
            "dataset_name": dataset_name,
            "started_by": self._started_by,
            **config_to_dict(config),
        }
        if group is not None:
            record["group"] = dataclasses.asdict(group)
        try:
            write_json(self.runs_dir / run_id / "config.json", record)
        except OSError as error:
            with contextlib.suppress(OSError):
                (self.runs_dir / run_id).rmdir()  # nothing half-made stays
            raise RunError(
                tr(
                    "The run could not be written into {folder}: {error}.",
                    folder=str(self.runs_dir),
                    error=str(error.strerror),
                ),
                tr("Check the disk's free space and the folder's rights."),
            ) from error
        run = self.get(run_id)
        self._created(run)
        return run

    def _created(self, run: Run) -> None:
        """For stores that note which runs they made."""

    def get(self, run_id: str) -> Run:
        """Reads one run as it is now.

        Raises:
            RunError: If there is no such run, or its configuration cannot be read.
        """
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

    def list(self, rate_tests: bool = False) -> list[Run]:
        """All readable runs, the newest first.

        Args:
            rate_tests: Whether those are among them; they take their turn in the queue but make
                no model.
        """
        if not self.runs_dir.is_dir():
            return []
        runs = listing_of(self.runs_dir).runs(self.runs_dir, self._readable)
        runs = [run for run in runs if self.shows(run) and (rate_tests or not run.is_rate_test)]
        # By time, not by name: a name tells no more than the second.
        return sorted(runs, key=lambda run: (run.created, run.id), reverse=True)

    def shows(self, run: Run) -> bool:
        """Whether a run is one of this store's."""
        return True

    def queued(self) -> Sequence[Run]:
        """The queued runs, the next one first."""
        return in_order(self.list(rate_tests=True))

    def startable(self) -> Sequence[Run]:
        """The queued runs that can begin, the next one first: fine-tuning waits for its head."""
        return [run for run in self.queued() if not self._waits_for_head(run)]

    def request_stop(self, run_id: str) -> None:
        """Asks the worker to stop; a queued run then does not start, or not go on."""
        self._path(run_id).joinpath("stop.request").touch()

    def request_resume(self, run_id: str) -> None:
        """Puts a stopped or failed run into the queue again; it goes on from its checkpoint.

        Raises:
            RunError: If it neither was stopped nor failed.
        """
        run = self.get(run_id)
        if not run.can_resume:
            raise RunError(_is_in_state(run), tr("Only what ended early can go on."))
        run.resume_path.touch()
        # Last: until then the run still counts as ended.
        run.stop_path.unlink(missing_ok=True)

    def kill(self, run_id: str) -> None:
        """Ends the run's process by force; on another host its supervisor does it.

        Raises:
            RunError: If it does not run.
        """
        run = self.get(run_id)
        if run.status.state not in (RunState.RUNNING, RunState.STOPPING):
            raise RunError(_is_in_state(run), tr("There is no process to end."))
        kill(run.job)

    def move_up(self, run_id: str) -> None:
        """Puts a queued run before the one that is before it."""
        queue = self.queued()
        place = next((i for i, run in enumerate(queue) if run.id == run_id), 0)
        if place:
            before = queue[place - 1].order
            further = queue[place - 2].order if place > 1 else before - 2
            write_json(queue[place].path / "order.json", {"order": (before + further) / 2})

    def children(self, run_id: str) -> Sequence[Run]:
        """Fine-tuning runs that start from this run."""
        return [
            run
            for run in self.list()
            if isinstance(run.config, FineTuneConfig) and run.config.head_run_id == run_id
        ]

    def delete(self, run_id: str) -> None:
        """Deletes a run's folder, and with a head the rate tests that started from it.

        Raises:
            RunError: If it is still active.
        """
        run = self.get(run_id)
        if run.status.state.active:
            raise RunError(_is_in_state(run), tr("Stop it before deleting it."))
        if run.path.is_symlink():
            run.path.unlink()  # what it leads to is not the app's
        else:
            shutil.rmtree(run.path)
        self.forget_rate_tests(run_id)

    def forget_rate_tests(self, gone: str) -> Sequence[str]:
        """Deletes ended rate tests that nobody sees any more.

        Args:
            gone: Id of the head run or the data set that they belonged to.

        Returns:
            Their ids.
        """
        deleted = []
        for run in self.list(rate_tests=True):
            if isinstance(run.config, RateTestConfig) and not run.status.state.active:
                tuning = run.config.fine_tuning
                if gone in (run.base.dataset_id, tuning.head_run_id if tuning else ""):
                    shutil.rmtree(run.path, ignore_errors=True)
                    deleted.append(run.id)
        return deleted

    def _readable(self, run_id: str) -> Run | None:
        if not (self.runs_dir / run_id / "config.json").exists():
            return None
        try:
            return RunStore.get(self, run_id)
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
    """A run as its `config.json` says, read once; what changes is put in by `RunStore.get`."""
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


def _is_in_state(run: Run) -> str:
    return tr("Run {id} is {state}.", id=run.id, state=state_word(run.status.state))
