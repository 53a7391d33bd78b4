"""Write the folder of runs: create, stop, resume, order and delete.

The run folder is the protocol between the page and the worker, and each file has one writer:
`config.json`, `order.json` and the requests (the page; the worker takes `resume.request` and
`kill.request` away when it begins); `status.json`, `heartbeat`, `metrics.jsonl`, `worker.log` and
the results (the worker, or its supervisor once the worker is gone).
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from core.config import RateTestConfig, RunConfig, config_to_dict
from core.errors import RunError
from core.files import write_json
from core.jobs.job import kill
from core.jobs.state import state_word
from core.jobs.state import write_status as write_status
from core.language import tr
from core.runs.reader import Runs
from core.runs.run import GroupMark, Run, RunState

# Raised when a field changes its meaning; new fields alone do not need it.
CONFIG_VERSION = 1


class RunStore(Runs):
    """Runs under one folder, to read and to change; pages get `Runs` instead.

    Args:
        runs_dir: The workspace's `runs/`; created where it is missing.
        started_by: Who asks for the runs that are created, where that is known.
    """

    def __init__(self, runs_dir: Path, started_by: str = "") -> None:
        super().__init__(runs_dir)
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
        return self.get(run_id)

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


def _is_in_state(run: Run) -> str:
    return tr("Run {id} is {state}.", id=run.id, state=state_word(run.status.state))
