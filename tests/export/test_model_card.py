"""The model card: its figures against hand-worked ones, and names that are no Markdown."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets import Dataset, DatasetStore
from core.export.model_card import CARD_NAME, keras_file, keras_with_card, model_card
from core.runs import Run, RunStore
from core.settings import Settings
from tests.evaluation.runs_on_disk import predictions_table
from tests.squares import squares
from tests.ui.runs import finished, head_config


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(workspace=tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def run(settings: Settings) -> Run:
    dataset = squares(settings)
    run = finished(RunStore(settings.runs_dir), head_config(dataset), "Squares")
    # Of ten images of each class, the second class is taken for the third four times.
    labels = [0] * 10 + [1] * 10 + [2] * 10
    predicted = [0] * 10 + [2] * 4 + [1] * 6 + [2] * 10
    predictions_table(labels, predicted, 3).to_parquet(run.predictions_path, index=False)
    return run


def test_its_figures_are_the_runs(run: Run, settings: Settings) -> None:
    card = model_card(run, settings)

    # Wilson's interval of 26 of 30, by hand.
    assert "Accuracy 86.7 %, 95 % interval 70.3 % to 94.7 %" in card
    assert "on average 70.0 % sure and 86.7 % right" in card
    assert "| class 1 | 10 | 60.0 % (31.3 % to 83.2 %) | class 2 |" in card
    assert "| class 0 | 6 | 2 | 2 |" in card
    assert "| 2 | 0.5000 | 0.6000 | 0.5000 | 0.7500 |" in card
    assert "licence: Apache-2.0" in card


def test_names_are_text_whatever_they_hold(run: Run, settings: Settings) -> None:
    rename(settings, DatasetStore(settings.datasets_dir).get("squares"))
    odd = replace(run, dataset_name="a | b\n# c <script>")

    card = model_card(odd, settings)

    assert card.startswith("# a \\| b \\# c \\<script\\>: model card\n")


def rename(settings: Settings, dataset: Dataset) -> None:
    """Nothing else may change: the run's version names the manifest's content."""
    DatasetStore(settings.datasets_dir).save(
        dataset.id, "x", dataset.manifest(), dataset.class_names, dataset.root, notes=("<b>",)
    )


def test_the_keras_file_holds_its_card(run: Run, settings: Settings) -> None:
    with zipfile.ZipFile(run.model_path, "w") as archive:
        archive.writestr("config.json", "{}")

    with zipfile.ZipFile(io.BytesIO(keras_with_card(run, settings))) as archive:
        assert archive.namelist() == ["config.json", CARD_NAME]
        assert archive.read(CARD_NAME).decode() == model_card(run, settings)


def test_keras_loads_a_file_with_a_card_and_predicts_as_before(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    import keras

    image = keras.Input((4, 4, 3))
    x = keras.layers.Flatten()(image)
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))
    model.save(run.model_path)
    path = tmp_path / "with_card.keras"
    path.write_bytes(keras_file(run, settings))

    loaded = keras.models.load_model(path, compile=False)

    images = np.full((2, 4, 4, 3), 0.5, np.float32)
    np.testing.assert_array_equal(loaded(images), model(images))
    with zipfile.ZipFile(path) as archive:
        assert archive.read(CARD_NAME).startswith(b"# Squares: model card")


def test_a_model_whose_card_cannot_be_written_goes_without(run: Run, settings: Settings) -> None:
    run.model_path.write_bytes(b"the model")
    DatasetStore(settings.datasets_dir).delete("squares")

    assert keras_file(run, settings) == b"the model"
