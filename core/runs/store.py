"""The folder of runs: create, read, list, stop and delete.

The run folder is the protocol between the page and the worker, and each file has one writer:
`config.json`, `stop.request` (the page); `status.json`, `heartbeat`, `metrics.jsonl`,
`worker.log` and the results (the worker, or its supervisor once the worker is gone).
"""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from core.config import FineTuneConfig, RunConfig, config_from_dict, config_to_dict
from core.errors import RunError
from core.files import read_json, write_json
from core.runs.run import Run, RunState, RunStatus

# The worker touches its heartbeat every second; this much silence means that it is gone.
HEARTBEAT_LIMIT_S = 8.0


class RunStore:
    """Runs under one folder.

    Args:
        runs_dir: The workspace's `runs/`; created where it is missing.
    """

    def __init__(self, runs_dir: Path) -> None:
        self.runs_dir = runs_dir

    def create(self, config: RunConfig, dataset_name: str = "") -> Run:
        """Makes a run folder with status `queued`."""
        created = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(created))
        run_id = f"{stamp}-{secrets.token_hex(3)}"
        values = config_to_dict(config)
        record = {"version": 1, "created": created, "dataset_name": dataset_name, **values}
        write_json(self.runs_dir / run_id / "config.json", record)
        return self.get(run_id)

    def get(self, run_id: str) -> Run:
        """Reads one run as it is now.

        Raises:
            RunError: If there is no such run, or its configuration cannot be read.
        """
        path = self._path(run_id)
        try:
            record = read_json(path / "config.json")
            config = config_from_dict(record)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(
                f"There is no readable run {run_id!r}.", "Choose another on the Runs page."
            ) from error
        return Run(
            id=run_id,
            path=path,
            config=config,
            status=_read_status(path),
            created=float(record.get("created", 0.0)),
            dataset_name=str(record.get("dataset_name", "")),
        )

    def list(self) -> list[Run]:
        """All readable runs, the newest first."""
        if not self.runs_dir.is_dir():
            return []
        runs = []
        for path in self.runs_dir.iterdir():
            if (path / "config.json").exists():
                try:
                    runs.append(self.get(path.name))
                except RunError:
                    continue  # one unreadable folder must not hide the others
        # By time, not by name: a name tells no more than the second.
        return sorted(runs, key=lambda run: (run.created, run.id), reverse=True)

    def request_stop(self, run_id: str) -> None:
        """Asks the worker to stop; a queued run then ends without starting."""
        (self._path(run_id) / "stop.request").touch()

    def children(self, run_id: str) -> Sequence[Run]:
        """Fine-tuning runs that start from this run."""
        return [
            run
            for run in self.list()
            if isinstance(run.config, FineTuneConfig) and run.config.head_run_id == run_id
        ]

    def delete(self, run_id: str) -> None:
        """Deletes a run's folder.

        Raises:
            RunError: If it is still active.
        """
        run = self.get(run_id)
        if run.status.state.active:
            raise RunError(f"Run {run_id} is {run.status.state}.", "Stop it before deleting it.")
        shutil.rmtree(run.path)

    def _path(self, run_id: str) -> Path:
        # The id may come from a URL: it must name a folder here and nothing else.
        if not run_id or Path(run_id).name != run_id or run_id in (".", ".."):
            raise RunError(f"{run_id!r} is no run.", "Choose a run on the Runs page.")
        return self.runs_dir / run_id


def write_status(run_dir: Path, status: RunStatus) -> None:
    """Replaces a run's `status.json` whole. For the worker and its supervisor only."""
    write_json(run_dir / "status.json", status.to_dict())


def _read_status(path: Path) -> RunStatus:
    stop = (path / "stop.request").exists()
    try:
        status = RunStatus.from_dict(read_json(path / "status.json"))
    except FileNotFoundError:
        return RunStatus(state=RunState.STOPPED if stop else RunState.QUEUED)
    except (ValueError, KeyError, TypeError) as error:
        return RunStatus(state=RunState.FAILED, error=_gone(f"status.json: {error}"))
    if status.state is not RunState.RUNNING:
        return status
    if _silent_for(path) > HEARTBEAT_LIMIT_S:
        return dataclasses.replace(status, state=RunState.FAILED, error=_gone("no heartbeat"))
    return dataclasses.replace(status, state=RunState.STOPPING) if stop else status


def _silent_for(path: Path) -> float:
    try:
        return time.time() - (path / "heartbeat").stat().st_mtime
    except FileNotFoundError:
        return time.time() - (path / "status.json").stat().st_mtime


def _gone(details: str) -> dict[str, str]:
    return {
        "what": "The process that trained this run is gone.",
        "way_out": "Start it again: stored features are kept.",
        "details": details,
    }
