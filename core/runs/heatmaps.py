"""Heat maps of a run: the page asks for them, a process of its own computes and keeps them.

It is `python -m core.training.heatmap_worker RUN_DIR...`. Everything lies in the run's `heatmaps/`:
`request.json` and `process.json` (page), `status.json` (process; the page where it ended it),
`maps.npz` and `process.log` (process).
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from core.config import APP_ROOT
from core.errors import RunError
from core.files import read_json, replace_file, write_json
from core.runs.process import end_process, record_process, recorded_process
from core.runs.run import Run

# What is kept of one run; at 64 fields a map this is one megabyte.
MAX_IMAGES = 2000
# A process that was asked for just now may not be on record yet.
_START_SECONDS = 5.0

Array = npt.NDArray[Any]
# By image: float32 `(2, height, width)` in [0, 1], for the model's answer and for the true class;
# NaN where the image could not be read.
Maps = dict[str, npt.NDArray[np.float32]]


class HeatState(StrEnum):
    """Where the computing of a run's heat maps stands."""

    NONE = "none"  # nobody asked yet
    WAITING = "waiting"  # for another such process, or about to begin
    COMPUTING = "computing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether it may still change by itself."""
        return self in (HeatState.WAITING, HeatState.COMPUTING)


@dataclass(frozen=True)
class HeatStatus:
    """How far it is.

    Attributes:
        state: See `HeatState`.
        done: Images done.
        total: Images asked for that were not there yet.
        error: What went wrong, where it failed.
        way_out: What to do about it.
    """

    state: HeatState
    done: int = 0
    total: int = 0
    error: str = ""
    way_out: str = ""


def ask(runs: Sequence[Run], images: Sequence[str]) -> None:
    """Starts one process that computes what is missing, unless one is at it for any of these runs.

    Args:
        runs: One or more runs with a model.
        images: Paths of images as in the runs' predictions.

    Raises:
        RunError: If the folder cannot be written to, or no process can be started.
    """
    if any(status(run).state.active for run in runs):
        return
    try:
        write_request(runs, images)
        with (folder(runs[0]) / "process.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "core.training.heatmap_worker"),
                    *(str(run.path) for run in runs),
                ],
                cwd=APP_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        for run in runs:
            record_process(process_path(run), process.pid)
    except OSError as error:
        raise RunError(
            f"The heat maps cannot be kept: {error}.", "See to the disk, then ask again."
        ) from error


def write_request(runs: Sequence[Run], images: Sequence[str]) -> None:
    """Writes down which images are asked for."""
    for run in runs:
        _status_path(run).unlink(missing_ok=True)
        write_json(folder(run) / "request.json", list(images))


def status(run: Run) -> HeatStatus:
    """How far a run's heat maps are; a process that died without a word has failed."""
    try:
        values = read_json(_status_path(run))
        found = HeatStatus(**{**values, "state": HeatState(values["state"])})
    except (OSError, ValueError, KeyError, TypeError):
        found = HeatStatus(HeatState.WAITING)
        asked = _age(folder(run) / "request.json")
        if asked is None:
            return HeatStatus(HeatState.NONE)
        if asked < _START_SECONDS:
            return found
    if found.state.active and recorded_process(process_path(run)) is None:
        return HeatStatus(
            HeatState.FAILED,
            error="The process that computes heat maps is gone.",
            way_out="Most often memory ran out: try again when no run is being trained.",
        )
    return found


def stop(runs: Sequence[Run]) -> bool:
    """Ends the process; what is there already is kept.

    Returns:
        Whether there was one to end.
    """
    # All of them first: one process may be at several, and without it they would count as failed.
    going_on = [run for run in runs if status(run).state.active]
    for run in going_on:
        end_process(process_path(run))
    for run in going_on:
        write_status(run, HeatStatus(HeatState.STOPPED))
    return bool(going_on)


def write_status(run: Run, now: HeatStatus) -> None:
    """Replaces `status.json` whole."""
    write_json(_status_path(run), asdict(now))


def requested(run: Run) -> list[str]:
    """The images that were asked for."""
    return [str(name) for name in read_json(folder(run) / "request.json")]


def read_maps(run: Run) -> Maps:
    """All maps of a run that are there; none where the file cannot be read."""
    try:
        with np.load(folder(run) / "maps.npz", allow_pickle=False) as file:
            return dict(zip(file["images"].tolist(), file["maps"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}


def write_maps(run: Run, maps: Maps) -> None:
    """Replaces a run's maps; of too many, the last ones are kept."""
    kept = list(maps.items())[-MAX_IMAGES:]
    images, arrays = [name for name, _ in kept], np.stack([array for _, array in kept])
    path = folder(run) / "maps.npz"
    replace_file(path, lambda part: np.savez(part, images=images, maps=arrays))


def folder(run: Run) -> Path:
    """Where a run's heat maps lie."""
    return run.path / "heatmaps"


def _status_path(run: Run) -> Path:
    return folder(run) / "status.json"


def process_path(run: Run) -> Path:
    """Host, number and start of the process that computes them or did last, as JSON."""
    return folder(run) / "process.json"


def _age(path: Path) -> float | None:
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime
    return None
