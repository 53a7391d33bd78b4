"""The job that makes heat maps of runs' images."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.datasets import Datasets
from core.datasets.scanned import images_named
from core.errors import RunError
from core.evaluation.comparison import model_name
from core.evaluation.predictions import read_predictions
from core.jobs.reporter import Reporter
from core.language import tr
from core.runs import Run, heatmaps
from core.settings import Settings

BATCH = 16


def work(reporter: Reporter) -> dict[str, Any]:
    """Compute the maps that are missing of what the folder's request asks for.

    Args:
        reporter: Told of progress.

    Returns:
        No results: the maps lie in the runs' folders.

    Raises:
        RunError: If a run or its model is gone.
    """
    runs, images = heatmaps.read_request(reporter.folder)
    datasets = Datasets(Settings.from_environment().datasets_dir)
    for run in runs:
        maps = heatmaps.read_maps(run)
        missing = [name for name in images if name not in maps]
        if missing:
            _explain(run, maps, missing, datasets, reporter)
    return {}


def _explain(
    run: Run,
    maps: heatmaps.Maps,
    missing: list[str],
    datasets: Datasets,
    reporter: Reporter,
) -> None:
    words = tr("Where {model} looked", model=model_name(run))
    reporter.say(tr("{what}: loading the model", what=words))
    if not run.has_model:
        raise RunError(tr("Run {id} has no model.", id=run.id), tr("Train it again."))
    # Imported only now: these take seconds, in which the page shows how far it is.
    import keras

    from core.training.heatmaps import explain, heat_mapper

    dataset = datasets.get(run.base.dataset_id, run.base.dataset_version)
    mapper = heat_mapper(keras.models.load_model(run.model_path, compile=False))
    table = read_predictions(run).set_index("path")
    files = images_named(dataset, missing)
    reporter.say(words, len(missing))
    for start in range(0, len(missing), BATCH):
        names = missing[start : start + BATCH]
        labels = table.loc[names, ["predicted", "label"]].to_numpy(np.int64)
        part = [files[name] for name in names]
        explained = explain(mapper, part, labels, run.base.image_size)
        maps.update(zip(names, explained, strict=True))
        if not run.path.is_dir():  # it must not come back
            raise RunError(tr("Run {id} was deleted.", id=run.id), tr("Choose another."))
        heatmaps.write_maps(run, maps)
        reporter.advance(start + len(names), len(missing))
