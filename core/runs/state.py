"""A run's state, from its folder: what `status.json` says, corrected by the requests and the
heartbeat that lie beside it."""

from __future__ import annotations

import dataclasses
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import RunError
from core.files import FileVersion, file_version, read_json, read_kept, write_json
from core.jobs.process import has_open, recorded_process
from core.language import mark, tr
from core.runs.run import RunState, RunStatus

# The worker touches its heartbeat every second; this much silence means that it is gone, unless its
# process is seen to be there.
HEARTBEAT_LIMIT_S = 8.0
GO_ON = mark("Resume it: it goes on from its last checkpoint.")


def write_status(run_dir: Path, status: RunStatus) -> None:
    """Replaces a run's `status.json` whole. For the worker and its supervisor only."""
    write_json(run_dir / "status.json", status.to_dict())


def read_status(path: Path) -> RunStatus:
    """The status of the run in a folder, as it is now."""
    stop = (path / "stop.request").exists()
    try:
        file = path / "status.json"
        status = read_kept(_written_status, file, file_version(file))
    except FileNotFoundError:
        return RunStatus(state=RunState.STOPPED if stop else RunState.QUEUED)
    except (OSError, ValueError, KeyError, TypeError) as error:
        status = RunStatus(state=RunState.FAILED, error=_gone(path, f"status.json: {error}"))
    if status.state is RunState.RUNNING:
        if _silent_for(path) <= HEARTBEAT_LIMIT_S or _has_process(path):
            return dataclasses.replace(status, state=RunState.STOPPING) if stop else status
        status = dataclasses.replace(
            status, state=RunState.FAILED, error=_gone(path, "no heartbeat"), seconds_left=None
        )
    if status.state is RunState.COMPLETED or stop or not (path / "resume.request").exists():
        return status
    return dataclasses.replace(status, state=RunState.QUEUED, phase="", done=0, total=0)


@lru_cache(maxsize=2048)
def _written_status(path: Path, version: FileVersion) -> RunStatus:
    """What a file says, read once: pages ask for hundreds of ended runs again and again."""
    return RunStatus.from_dict(read_json(path))


def _silent_for(path: Path) -> float:
    try:
        return time.time() - (path / "heartbeat").stat().st_mtime
    except FileNotFoundError:
        return time.time() - (path / "status.json").stat().st_mtime


def _has_process(path: Path) -> bool:
    """Whether the process that trains it is on this host and has it open.

    After a pause of the whole machine its heart has not beaten either. A copy of the folder has the
    same record, but nobody has it open.
    """
    process = recorded_process(path / "process.json")
    return process is not None and has_open(process, path / "lock")


def _gone(path: Path, details: str) -> dict[str, Any]:
    by_force = (path / "kill.request").exists()
    what = (
        tr("This run was ended by force.")
        if by_force
        else tr("The process that trained this run is gone.")
    )
    return RunError(what, tr(GO_ON)).record(details)
