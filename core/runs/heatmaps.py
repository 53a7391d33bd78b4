"""Heat maps of runs: what the page asks for, and the maps that are kept.

A job computes them (`core.training.heatmap_worker`) in the folder `heatmaps` of a run. It finds
`request.json` there and leaves `maps.npz` in this folder of every run.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from core.errors import RunError
from core.files import read_json, replace_file, write_json
from core.jobs.job import Kind, ask
from core.language import mark, tr
from core.runs.reader import Runs
from core.runs.run import Run

# What is kept of one run; at 64 fields a map this is one megabyte.
MAX_IMAGES = 2000
KIND = Kind("core.training.heatmap_worker", mark("heat maps"))

# By image: float32 `(2, height, width)` in [0, 1], for the model's answer and for the true class;
# NaN where the image could not be read.
Maps = dict[str, npt.NDArray[np.float32]]


def ask_for(runs: Sequence[Run], images: Sequence[str], queue_dir: Path | None = None) -> None:
    """Ask for the job that computes what is missing, in the last run's folder.

    Args:
        runs: One or more runs with a model.
        images: Paths of images as in the runs' predictions.
        queue_dir: As of `core.jobs.job.ask`.

    Raises:
        RunError: If the folder cannot be written to, or no process can be started.
    """
    place = folder(runs[-1])
    try:
        write_request(place, runs, images)
    except OSError as error:
        what = tr("The heat maps cannot be kept: {error}.", error=str(error))
        raise RunError(what, tr("Check the disk, then ask again.")) from error
    ask(place, KIND, queue_dir=queue_dir)


# What NumPy and zipfile raise on files that are damaged, or of another kind.
_DAMAGED = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    RuntimeError,
    BadZipFile,
    zlib.error,
)


def write_request(place: Path, runs: Sequence[Run], images: Sequence[str]) -> None:
    """Writes down which images are asked for, and of which runs."""
    request = {"runs": [run.id for run in runs], "images": list(images)}
    write_json(place / "request.json", request)


def read_request(place: Path) -> tuple[list[Run], list[str]]:
    """The runs and the images that were asked for.

    Raises:
        RunError: If one of the runs is gone.
    """
    request = read_json(place / "request.json")
    store = Runs(place.parents[1])
    return [store.get(run_id) for run_id in request["runs"]], list(request["images"])


def read_maps(run: Run) -> Maps:
    """All maps of a run that are there; none where the file cannot be read."""
    try:
        with np.load(folder(run) / "maps.npz", allow_pickle=False) as file:
            return dict(zip(file["images"].tolist(), file["maps"], strict=True))
    except _DAMAGED:
        return {}


def write_maps(run: Run, maps: Maps) -> None:
    """Replaces a run's maps; of too many, the last ones are kept."""
    kept = list(maps.items())[-MAX_IMAGES:]
    images, arrays = [name for name, _ in kept], np.stack([array for _, array in kept])
    path = folder(run) / "maps.npz"
    replace_file(path, lambda part: np.savez(part, images=images, maps=arrays))


def folder(run: Run) -> Path:
    """Folder of a run's heat maps."""
    return run.path / "heatmaps"
