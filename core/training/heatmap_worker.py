"""The process that computes heat maps: `python -m core.training.heatmap_worker RUN_DIR...`.

One at a time in a workspace: two of them, beside training, would take the memory.
"""

from __future__ import annotations

import fcntl
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from core.config import Settings
from core.errors import RunError, UnfreezeError
from core.runs import heatmaps
from core.runs.heatmaps import HeatState, HeatStatus
from core.runs.run import Run
from core.runs.store import RunStore

BATCH = 16
_LOG = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Computes what was asked for of each run.

    Returns:
        The exit code: 0 also where one failed and its status says so.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = Settings.from_environment()
    paths = [Path(argument).resolve() for argument in arguments]
    runs = [RunStore(path.parent).get(path.name) for path in paths]
    with _turn(settings.queue_dir):
        for run in runs:
            now = _compute_or_say_why(run, settings)
            if run.path.is_dir():  # else it was deleted, and must not come back as an empty folder
                heatmaps.write_status(run, now)
    return 0


@contextmanager
def _turn(queue_dir: Path) -> Iterator[None]:
    queue_dir.mkdir(parents=True, exist_ok=True)
    with (queue_dir / "heatmaps.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _compute_or_say_why(run: Run, settings: Settings) -> HeatStatus:
    try:
        return _compute(run, settings)
    except UnfreezeError as error:
        _LOG.exception("failed")
        return HeatStatus(HeatState.FAILED, error=error.what, way_out=error.way_out)
    except Exception as error:  # noqa: BLE001 - the edge of the process
        _LOG.exception("failed")
        what = f"The heat maps could not be computed: {type(error).__name__}."
        log = heatmaps.folder(run) / "process.log"
        return HeatStatus(HeatState.FAILED, error=what, way_out=f"{log} says more.")


def _compute(run: Run, settings: Settings) -> HeatStatus:
    maps = heatmaps.read_maps(run)
    missing = [name for name in heatmaps.requested(run) if name not in maps]
    heatmaps.write_status(run, HeatStatus(HeatState.COMPUTING, 0, len(missing)))
    if not missing:
        return HeatStatus(HeatState.DONE)
    if not run.has_model:
        raise RunError(f"Run {run.id} has no model.", "Train it again.")
    # Imported only now: these take seconds, in which the page shows how far it is.
    import keras

    from core.datasets import DatasetStore
    from core.evaluation.predictions import read_predictions
    from core.training.heatmaps import explain, heat_mapper

    dataset = DatasetStore(settings.datasets_dir).get(run.base.dataset_id, run.base.dataset_version)
    mapper = heat_mapper(keras.models.load_model(run.model_path, compile=False))
    table = read_predictions(run).set_index("path")
    for start in range(0, len(missing), BATCH):
        names = missing[start : start + BATCH]
        labels = table.loc[names, ["predicted", "label"]].to_numpy(np.int64)
        paths = [dataset.root / name for name in names]
        if not run.path.is_dir():
            raise RunError(f"Run {run.id} was deleted.", "Choose another.")
        maps.update(zip(names, explain(mapper, paths, labels, run.base.image_size), strict=True))
        heatmaps.write_maps(run, maps)
        done = start + len(names)
        heatmaps.write_status(run, HeatStatus(HeatState.COMPUTING, done, len(missing)))
    return HeatStatus(HeatState.DONE, len(missing), len(missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
