"""TensorBoard's event files, read by TensorFlow and, where it is installed, by TensorBoard."""

import io
import resource
import signal
from pathlib import Path

import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.util import event_pb2

from core.training.event_log import FOLDER, EventFile, log_movement
from core.training.samples import log_samples
from tests.decoded import scanned

MOVEMENT = [
    {"layer": "conv", "weight": "kernel", "block": "block5", "relative": 0.25},
    {"layer": "conv", "weight": "bias", "block": "block5", "relative": 0.5},
    {"layer": "head_output", "weight": "kernel", "block": "head", "relative": 1.0},
]


def events(folder: Path) -> list[event_pb2.Event]:
    files = sorted(str(path) for path in folder.iterdir())
    return [event_pb2.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(files)]


def test_numbers_and_movement_are_there_by_epoch(tmp_path: Path) -> None:
    file = EventFile(tmp_path / FOLDER)
    file.scalars(1, {"loss": 0.5, "val_accuracy": 0.75})
    log_movement(tmp_path, 1, MOVEMENT)
    file.close()

    found = {v.tag: v for event in events(tmp_path / FOLDER) for v in event.summary.value}

    assert found["loss"].simple_value == 0.5
    assert found["movement/block5/conv/kernel"].simple_value == 0.25
    spread = found["movement/block5"].histo
    assert (spread.num, spread.min, spread.max, sum(spread.bucket)) == (2, 0.25, 0.5, 2)


def test_tensorboard_reads_a_run_that_went_on_as_one_curve(tmp_path: Path) -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator(str(tmp_path / FOLDER))
    first = EventFile(tmp_path / FOLDER)
    for epoch in (1, 2, 3):
        first.scalars(epoch, {"loss": 1 / epoch})
    first.close()
    second = EventFile(tmp_path / FOLDER, first_step=3)
    second.scalars(3, {"loss": 0.125})
    second.close()
    log_movement(tmp_path, 3, MOVEMENT)

    accumulator.Reload()

    assert [(e.step, e.value) for e in accumulator.Scalars("loss")] == [
        (1, 1.0),
        (2, 0.5),
        (3, 0.125),
    ]
    assert accumulator.Scalars("movement/head/head_output/kernel")[0].value == 1.0
    assert accumulator.Histograms("movement/block5")[0].histogram_value.num == 2


def test_a_few_validation_images_are_there_with_both_classes(tmp_path: Path) -> None:
    files = {}
    for name in ("a", "b", "c", "t"):
        Image.effect_noise((60, 40), 50).save(tmp_path / f"{name}.png")
        files[name] = scanned(tmp_path / f"{name}.png")
    files["gone"] = files["a"]._replace(name="gone.png")
    table = pd.DataFrame(
        {
            "path": ["a", "b", "c", "gone", "t"],
            "split": ["val"] * 4 + ["test"],
            "label": [0, 1, 1, 0, 0],
            "predicted": [0, 0, 1, 0, 1],
        }
    )

    log_samples(tmp_path, 3, table, files, ["cat", "dog/wolf"])

    found = {v.tag: v.image for event in events(tmp_path / FOLDER) for v in event.summary.value}
    assert sorted(found) == [
        "val right/1: cat, predicted cat",
        "val right/2: dog wolf, predicted dog wolf",
        "val wrong/1: dog wolf, predicted cat",
    ]
    shown = Image.open(
        io.BytesIO(found["val wrong/1: dog wolf, predicted cat"].encoded_image_string)
    )
    assert (shown.size, shown.mode) == ((128, 128), "RGB")
    assert sum(path.stat().st_size for path in (tmp_path / FOLDER).iterdir()) < 40_000


def test_tensorboard_shows_the_images(tmp_path: Path) -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator(str(tmp_path / FOLDER))
    Image.effect_noise((60, 40), 50).save(tmp_path / "a.png")
    row = {"path": ["a"], "split": ["val"], "label": [0], "predicted": [1]}

    log_samples(tmp_path, 2, pd.DataFrame(row), {"a": scanned(tmp_path / "a.png")}, ["cat", "dog"])
    accumulator.Reload()

    (image,) = accumulator.Images("val wrong/1: cat, predicted dog")
    assert (image.step, image.width, image.height) == (2, 128, 128)


def test_a_place_that_cannot_be_written_to_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")

    log_movement(tmp_path, 1, MOVEMENT)

    assert (tmp_path / FOLDER).read_text() == "a file where the folder should be"


def test_a_full_disk_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = EventFile(tmp_path / FOLDER)
    (written,) = (tmp_path / FOLDER).iterdir()
    size = written.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        file.scalars(1, {"loss": 0.5})
        file.scalars(2, {"loss": 0.5})
        file.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        signal.signal(signal.SIGXFSZ, ignored)

    assert written.stat().st_size == size
    assert "not written any more" in caplog.text
