"""The LiteRT model that is made when it is needed: checked, refused, dropped, waited for."""

import shutil
from contextlib import suppress
from pathlib import Path

import keras
import numpy as np
import pytest

from core.config import HeadConfig
from core.datasets import Dataset, DatasetStore
from core.errors import RunError
from core.evaluation.classifier import load_classifier
from core.evaluation.model_files import open_model
from core.export import litert as conversion
from core.export.parity import Parity, parity_in_words, read_parity
from core.files import write_json
from core.jobs.job import Job
from core.jobs.state import JobState
from core.runs import Run, RunStore, litert
from core.settings import Settings
from tests.alive import done_here
from tests.decoded import decode
from tests.evaluation.runs_on_disk import dataset_predictions, finish_run
from tests.squares import squares

SIZE = 16
OLD_WORKSPACE = Path(__file__).parents[1] / "runs" / "old_workspace"


@pytest.fixture
def dataset(settings: Settings) -> Dataset:
    return squares(settings)


@pytest.fixture
def run(settings: Settings, dataset: Dataset) -> Run:
    """A model that nobody trained, and what it says of the data set's images."""
    keras.utils.set_random_seed(0)
    image = keras.Input((SIZE, SIZE, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, -1)(image)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, activation="relu")(x))
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))
    config = HeadConfig(dataset.id, dataset.version, image_size=SIZE)
    made = RunStore(settings.runs_dir).create(config)
    table = dataset_predictions(dataset, ())
    images = np.stack([decode(dataset.root / path, SIZE) for path in table["path"]])
    said = model.predict_on_batch(images.astype(np.float32))
    table = table.assign(probabilities=list(said), predicted=said.argmax(axis=1))
    finish_run(made, table, dataset.class_names)
    about = {"class_names": list(dataset.class_names), "image_size": SIZE}
    write_json(made.path / "predict.json", about)
    model.save(made.model_path)
    return made


def make(run: Run) -> Job:
    return done_here(litert.folder(run.path), litert.KIND)


def test_it_is_checked_on_the_runs_images_and_then_takes_its_place(run: Run) -> None:
    assert parity_in_words(read_parity(run)).startswith("The LiteRT model is not checked yet")

    job = make(run)

    assert job.state is JobState.COMPLETED, job.status.error
    parity = read_parity(run)
    assert parity is not None
    assert (parity.images, parity.label_flips) == (12, 0)
    assert parity.max_difference < 1e-5
    assert "checked on 12 images: every answer" in parity_in_words(parity)
    assert load_classifier(run).classify(np.zeros((1, SIZE, SIZE, 3), np.uint8)).shape == (1, 3)
    assert not list(litert.folder(run.path).glob("tmp*"))


def test_a_model_that_predicts_otherwise_is_refused(run: Run, dataset: Dataset) -> None:
    dataset_predictions(dataset, ()).to_parquet(run.predictions_path, index=False)

    job = make(run)

    assert job.state is JobState.FAILED
    assert "does not predict what the trained one does" in (job.status.error or {})["what"]
    assert not run.litert_path.exists()
    assert run.model_path.exists()
    assert read_parity(run) is None


def test_images_that_have_changed_are_left_out_of_the_check_and_named(
    run: Run, dataset: Dataset
) -> None:
    (dataset.root / "0-03.png").write_bytes((dataset.root / "1-03.png").read_bytes())

    assert make(run).state is JobState.COMPLETED
    parity = read_parity(run)
    assert parity is not None
    assert (parity.images, parity.left_out) == (11, ("0-03.png",))
    assert "left out, as it is gone or has changed since the scan: 0-03.png" in parity_in_words(
        parity
    )


def test_without_its_images_it_is_made_unchecked(
    run: Run, dataset: Dataset, settings: Settings
) -> None:
    DatasetStore(settings.datasets_dir).delete(dataset.id)

    assert make(run).state is JobState.COMPLETED
    assert read_parity(run) == Parity(0.0, 0, 0)
    assert "the images are gone" in parity_in_words(read_parity(run))
    assert run.litert_path.is_file()


def test_what_was_made_of_a_replaced_model_is_dropped(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = conversion.export_litert

    def slowly(model: keras.Model, path: Path) -> None:
        convert(model, path)
        litert.forget(run)  # as a run does that went on and has a new model

    monkeypatch.setattr(conversion, "export_litert", slowly)
    with suppress(AssertionError):  # its folder is gone
        make(run)

    assert not run.litert_path.exists()
    assert not litert.folder(run.path).exists()


def test_who_opens_a_run_waits_for_its_model(run: Run) -> None:
    waited: list[str] = []

    classifier, threshold = open_model(run.path, lambda: waited.append("once"))

    assert (classifier.image_size, threshold, waited) == (SIZE, 0.0, ["once"])
    assert run.litert_path.is_file()


def test_who_waits_is_told_why_there_is_none(run: Run) -> None:
    run.model_path.write_bytes(b"no model")

    with pytest.raises(RunError, match="unexpected error"):
        litert.wait_for(run.path)


def test_a_run_of_the_first_version_has_its_model_and_its_check(tmp_path: Path) -> None:
    shutil.copytree(OLD_WORKSPACE, tmp_path / "workspace")
    run = RunStore(tmp_path / "workspace" / "runs").list()[0]
    run.model_path.touch()
    run.litert_path.touch()

    litert.wait_for(run.path)
    litert.ask_early(run)

    assert not litert.folder(run.path).exists()  # nothing was started
    assert read_parity(run) == Parity(8.940696716308594e-07, 0, 12)
