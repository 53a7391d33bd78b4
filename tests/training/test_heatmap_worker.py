"""The process that computes heat maps, in this process: from a run's folder to its maps."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from core.config import HeadConfig
from core.datasets import Dataset
from core.evaluation.predictions import read_predictions
from core.jobs.job import Job
from core.jobs.state import JobState
from core.runs import Run, RunStore, heatmaps
from core.settings import Settings
from tests.alive import done_here
from tests.evaluation.runs_on_disk import dataset_predictions, finish_run


@pytest.fixture
def run(
    settings: Settings, make_dataset: Callable[..., Dataset], tiny_model: Callable[..., keras.Model]
) -> Run:
    dataset = make_dataset(classes=3, per_class=50)  # 30 test images
    config = HeadConfig(dataset.id, dataset.version, image_size=16)
    run = RunStore(settings.runs_dir).create(config)
    finish_run(run, dataset_predictions(dataset, range(2)), dataset.class_names)
    tiny_model().save(run.model_path)
    heatmaps.folder(run).mkdir()
    return run


def images_of(run: Run) -> list[str]:
    return list(read_predictions(run, "test")["path"])


def compute(run: Run, images: list[str]) -> Job:
    folder = heatmaps.folder(run)
    heatmaps.write_request(folder, [run], images)
    (folder / "status.json").unlink(missing_ok=True)
    return done_here(folder, heatmaps.KIND)


def test_maps_are_kept_and_only_what_is_missing_is_computed(run: Run, settings: Settings) -> None:
    images = images_of(run)
    first = compute(run, images[:2])
    again = compute(run, images[:20])

    assert (first.state, first.status.total) == (JobState.COMPLETED, 2)
    assert first.status.words == "Where Head only looked"
    assert (again.status.done, again.status.total) == (18, 18)
    maps = heatmaps.read_maps(run)
    assert list(maps) == images[:20]
    # The model's answer and the true class; they are the same class for all but the first two.
    assert maps[images[0]].shape == (2, 4, 4)
    assert not np.array_equal(*maps[images[0]])
    assert np.array_equal(*maps[images[5]])


def test_images_that_are_gone_or_were_exchanged_do_not_hold_up_the_others(
    run: Run, settings: Settings
) -> None:
    images = images_of(run)[:4]
    root = settings.datasets_dir / "squares" / "images"
    (root / images[1]).unlink()
    (root / images[2]).write_bytes((root / images[3]).read_bytes())

    assert compute(run, images).state is JobState.COMPLETED
    maps = heatmaps.read_maps(run)
    assert [bool(np.isnan(maps[name]).any()) for name in images] == [False, True, True, False]


def test_a_model_that_is_gone_is_told(run: Run, settings: Settings) -> None:
    run.model_path.unlink()
    now = compute(run, images_of(run)[:1])

    assert now.state is JobState.FAILED
    assert run.id in (now.status.error or {})["what"]
