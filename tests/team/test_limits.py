"""Every limit, reached: what is said, and that nothing is half done."""

import io
import os
import shutil
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.config import HeadConfig, TrainingConfig
from core.datasets import Dataset, DatasetStore
from core.datasets.edits import Edit
from core.errors import LimitError
from core.files import write_json
from core.jobs import waiting
from core.jobs.job import Kind
from core.jobs.state import write_status
from core.runs import RunState, RunStatus, RunStore
from core.settings import Settings
from core.team.actions import Team
from tests.alive import at_work
from tests.team.conftest import ANYBODY, TINA, TOM

Usage = namedtuple("Usage", "total used free")


def config(dataset: Dataset) -> HeadConfig:
    return HeadConfig(dataset.id, dataset.version, image_size=32, training=TrainingConfig(epochs=3))


def nothing(done: int, total: int) -> None:
    """No progress is shown."""


def archive(images: int = 8, side: int = 16) -> bytes:
    buffer, random = io.BytesIO(), np.random.default_rng(images)
    with zipfile.ZipFile(buffer, "w") as packed:
        for number in range(images):
            picture = io.BytesIO()
            pixels = random.integers(0, 255, (side, side, 3), np.uint8)
            Image.fromarray(pixels).save(picture, "PNG")
            packed.writestr(f"{'ab'[number % 2]}/{number}.png", picture.getvalue())
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("limits", "variable"),
    [
        ({"limit_runs": 3}, "UNFREEZE_LIMIT_RUNS"),
        ({"limit_runs_each": 1}, "UNFREEZE_LIMIT_RUNS_EACH"),
        ({"limit_runs_bytes": 100}, "UNFREEZE_LIMIT_RUNS_BYTES"),
        ({"limit_runs_bytes_each": 100}, "UNFREEZE_LIMIT_RUNS_BYTES_EACH"),
    ],
)
def test_runs(
    limits: dict[str, int],
    variable: str,
    settings: Settings,
    make_dataset: Callable[..., Dataset],
    as_person: Callable[..., Team],
) -> None:
    dataset = make_dataset(2, 5)
    for person in (TOM, TINA, TINA):
        as_person(person).runs.start(config(dataset), dataset)
    tina = as_person(TINA, **limits)
    tinas = next(run for run in tina.seen_runs.list() if run.started_by == "Tina")

    for act in (
        lambda: tina.runs.start(config(dataset), dataset),
        lambda: tina.runs.clone(tinas.id),
        lambda: tina.runs.queue_shares(tinas),
    ):
        with pytest.raises(LimitError, match=rf"{variable}\."):
            act()

    assert len(RunStore(settings.runs_dir).list(rate_tests=True)) == 3


def test_a_group_is_queued_whole_or_not_at_all(
    settings: Settings, make_dataset: Callable[..., Dataset], as_person: Callable[..., Team]
) -> None:
    dataset = make_dataset(2, 5)
    head = as_person(TOM).runs.start(config(dataset), dataset)

    with pytest.raises(LimitError, match="4 more"):
        as_person(TOM, limit_runs_each=4).runs.queue_shares(head)
    assert len(RunStore(settings.runs_dir).list()) == 1

    as_person(TOM, limit_runs_each=5).runs.queue_shares(head)
    assert len(RunStore(settings.runs_dir).list()) == 5


def test_other_jobs_count_as_trainings_do(
    settings: Settings, make_dataset: Callable[..., Dataset], as_person: Callable[..., Team]
) -> None:
    dataset = make_dataset(2, 5)
    run = as_person(TOM).runs.start(config(dataset), dataset)
    write_status(run.path, RunStatus(RunState.COMPLETED))
    job = run.path / "exports" / "onnx"
    at_work(job, Kind("core.export.task", "export"), "Checking")
    waiting.add(settings.queue_dir, job)

    with pytest.raises(LimitError, match="1 of your jobs wait or run; 1 more"):
        as_person(TOM, limit_runs_each=1).tasks.export(run, "litert")
    with pytest.raises(LimitError, match="1 of your jobs wait or run; 1 more"):
        as_person(TOM, limit_runs_each=1).runs.start(config(dataset), dataset)
    assert not (run.path / "exports" / "litert").exists()


def test_each_ones_limits_need_a_login(
    make_dataset: Callable[..., Dataset], as_person: Callable[..., Team]
) -> None:
    dataset = make_dataset(2, 5)
    anybody = as_person(ANYBODY, limit_runs_each=0, limit_runs=2)
    anybody.runs.start(config(dataset), dataset)
    anybody.runs.start(config(dataset), dataset)

    with pytest.raises(LimitError, match="limit of 2"):
        anybody.runs.start(config(dataset), dataset)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"limit_data_bytes": 4000}, "UNFREEZE_LIMIT_DATA_BYTES"),
        ({"limit_data_bytes_each": 4000}, "UNFREEZE_LIMIT_DATA_BYTES"),
        ({"limit_data_bytes": 1}, "the limit is 0"),
        ({"limit_images": 7}, "8 images; the limit is 7.*UNFREEZE_LIMIT_IMAGES"),
    ],
)
def test_data_sets(
    limits: dict[str, int], words: str, settings: Settings, as_person: Callable[..., Team]
) -> None:
    with pytest.raises(LimitError, match=words):
        as_person(TOM, **limits).data.import_upload("photos.zip", memoryview(archive()), nothing)

    # Neither a data set nor anything aside.
    left = [path.name for path in settings.datasets_dir.glob("*")]
    assert left == []


def test_what_others_own_does_not_count_as_mine(as_person: Callable[..., Team]) -> None:
    tinas = as_person(TINA).data.import_upload("a.zip", memoryview(archive(10)), nothing)
    size = sum(file.stat().st_size for file in tinas.path.rglob("*") if file.is_file())
    limits = {"limit_data_bytes_each": size}

    assert as_person(TOM, **limits).data.import_upload("b.zip", memoryview(archive()), nothing)
    with pytest.raises(LimitError, match="Your data sets"):
        as_person(TINA, **limits).data.import_upload("c.zip", memoryview(archive(12)), nothing)


def test_a_picture_more_than_a_data_set_may_have(
    make_dataset: Callable[..., Dataset], as_person: Callable[..., Team]
) -> None:
    dataset = make_dataset(2, 5)
    many = len(dataset.manifest())

    with pytest.raises(LimitError, match="UNFREEZE_LIMIT_IMAGES"):
        as_person(TOM, limit_images=many).data.add_picture(
            dataset, b"no image", dataset.class_names[0], "train"
        )


@pytest.mark.parametrize(
    ("limits", "variable"),
    [
        ({"limit_predictions": 10}, "UNFREEZE_LIMIT_PREDICTIONS"),
        ({"limit_predictions_each": 5}, "UNFREEZE_LIMIT_PREDICTIONS_EACH"),
    ],
)
def test_predictions(
    limits: dict[str, int],
    variable: str,
    make_dataset: Callable[..., Dataset],
    as_person: Callable[..., Team],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.team.rates._minute", lambda: 1000)
    dataset = make_dataset(2, 5)
    run = as_person(TOM).runs.start(config(dataset), dataset)
    as_person(TINA).tasks.predict(run, 5)
    tom = as_person(TOM, **limits)
    tom.tasks.predict(run, 5)

    with pytest.raises(LimitError, match=rf"{variable}\."):
        tom.tasks.predict(run, 1)
    monkeypatch.setattr("core.team.rates._minute", lambda: 1001)
    tom.tasks.predict(run, 5)


def test_an_upload_that_is_too_large(
    make_dataset: Callable[..., Dataset], as_person: Callable[..., Team]
) -> None:
    dataset = make_dataset(2, 5)
    run = as_person(TOM).runs.start(config(dataset), dataset)

    with pytest.raises(LimitError, match="UNFREEZE_MAX_ARCHIVE_BYTES"):
        as_person(TOM, max_archive_bytes=10).tasks.batch_of_upload(run, io.BytesIO(b"x" * 11), 11)

    assert not (run.path / "batch").exists()


def stored(settings: Settings, name: str, size: int) -> Path:
    folder = settings.features_dir / name
    folder.mkdir(parents=True)
    (folder / "features.npy").write_bytes(b"x" * size)
    write_json(folder / "progress.json", {"rows": 1})
    return folder


def test_features_go_before_a_run_is_refused(
    settings: Settings,
    make_dataset: Callable[..., Dataset],
    as_person: Callable[..., Team],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = make_dataset(2, 5)
    features = [stored(settings, name, 1000) for name in ("old", "new")]
    for when, folder in enumerate(features):
        for file in folder.iterdir():
            os.utime(file, (1000 + when, 1000 + when))

    def left(_path: object) -> Usage:
        there = sum(folder.exists() for folder in features)
        return Usage(10_000, 0, 5000 - 1000 * there)

    monkeypatch.setattr(shutil, "disk_usage", left)

    as_person(TOM, limit_free_bytes=3500).runs.start(config(dataset), dataset)
    assert [folder.exists() for folder in features] == [False, True]

    with pytest.raises(LimitError, match="must stay free"):
        as_person(TOM, limit_free_bytes=9000).runs.start(config(dataset), dataset)
    # Nothing is thrown away where that would not be enough.
    assert features[1].exists()
    assert len(RunStore(settings.runs_dir).list()) == 1


def test_a_limit_says_nothing_of_what_is_there_already(
    settings: Settings, make_dataset: Callable[..., Dataset], as_person: Callable[..., Team]
) -> None:
    dataset = make_dataset(2, 5)
    over = as_person(TOM, limit_data_bytes=1, limit_runs=0, limit_runs_bytes=1, limit_images=1)

    changed = over.data.edit(dataset, Edit("exclude", (str(dataset.manifest()["path"].iloc[0]),)))

    assert DatasetStore(settings.datasets_dir).get(dataset.id).version == changed.version
