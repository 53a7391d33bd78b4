"""Every backbone through a head run and two fine-tuning runs, as the worker does them."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from core.backbones.catalog import CATALOG
from core.config import FineTuneConfig, HeadConfig, RunConfig, TrainingConfig
from core.datasets import Dataset
from core.evaluation.classifier import load_classifier
from core.export.litert_task import work
from core.jobs.reporter import Reporter
from core.runs import Run, RunStore, litert
from core.settings import Settings
from core.training.data import training_data
from core.training.fine_tune import fine_tune_stage
from core.training.head import head_stage
from core.training.stage import train_stage
from tests.backbones.block_names import BLOCKS
from tests.warm_child import CONTEXT

SHORT = TrainingConfig(optimizer="sgd", learning_rate=1e-2, epochs=1, batch_size=8)


class Bench:
    """Trains runs in this process: importing TensorFlow for each would take the longest."""

    def __init__(self, settings: Settings, dataset: Dataset) -> None:
        self.settings, self.dataset = settings, dataset
        self.store = RunStore(settings.runs_dir)

    def train(self, config: RunConfig) -> Run:
        run = self.store.create(config, self.dataset.name)
        data = training_data(self.dataset)
        if isinstance(config, FineTuneConfig):
            stage = fine_tune_stage(config, self.store.get(config.head_run_id))
        else:
            stage = head_stage(config, len(data.class_names), self.settings)
        train_stage(run, stage, data, self.settings, Reporter(run.path))
        return self.store.get(run.id)

    def head(self, backbone: str, size: int) -> Run:
        keras.backend.clear_session()
        keras.utils.set_random_seed(0)
        config = HeadConfig(
            self.dataset.id,
            self.dataset.version,
            backbone=backbone,
            image_size=size,
            weights="random",
            training=SHORT,
        )
        return self.train(config)

    def fine_tune(self, head: Run, block: str) -> Run:
        training = replace(SHORT, learning_rate=1e-3)
        return self.train(FineTuneConfig(head.id, head.base, block, training=training))

    def images(self, size: int) -> np.ndarray:
        data = training_data(self.dataset)
        return np.stack([file.decode(size) for file in data.images.files[:4]])


@pytest.fixture
def bench(settings: Settings, make_dataset: Callable[..., Dataset]) -> Bench:
    return Bench(settings, make_dataset(per_class=5))


def assert_only_the_block_and_later_moved(run: Run, moved: list[str]) -> None:
    proof = json.loads(run.account_path.read_text())["proof"]
    assert proof["frozen_unchanged"] == proof["frozen_tensors"]
    assert {row["block"] for row in proof["movement"]} <= {*moved, "head"}
    # At least the head's bias: behind random layers, what reaches a kernel may be all zeros.
    assert proof["unfrozen_changed"] > 0


def assert_saved_and_exported_agree(run: Run, images: np.ndarray) -> None:
    model = keras.models.load_model(run.model_path, compile=False)
    expected = model(images.astype("float32"), training=False)
    folder = litert.folder(run.path)
    folder.mkdir()
    work(Reporter(folder))
    np.testing.assert_allclose(load_classifier(run).classify(images), expected, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CATALOG))
def test_a_head_run_and_fine_tuning_from_two_blocks(name: str, bench: Bench) -> None:
    # In a process of its own, as runs are: TensorFlow keeps some hundred MB for every large fit.
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as pool:
        checked = pool.submit(train_and_check, name, bench.settings, bench.dataset).result()
    assert checked == 2


def train_and_check(name: str, settings: Settings, dataset: Dataset) -> int:
    """Trains a head and from two blocks on, and checks all; the number of blocks."""
    bench = Bench(settings, dataset)
    spec = CATALOG[name]
    size = max(64, spec.min_image_size)
    names = [block for block, _, _ in BLOCKS[name]]
    other = names[-1] if names[-1] != spec.default_block else names[-2]

    head = bench.head(name, size)
    runs = {block: bench.fine_tune(head, block) for block in (spec.default_block, other)}

    assert_only_the_block_and_later_moved(head, [])
    for block, run in runs.items():
        assert_only_the_block_and_later_moved(run, names[names.index(block) :])
        assert_saved_and_exported_agree(run, bench.images(size))
    return len(runs)


def test_a_backbone_of_ones_own_is_trained_like_any_other(bench: Bench, settings: Settings) -> None:
    x = image = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 255)(x)
    for i in range(3):
        x = layers.Conv2D(8, 3, 2, "same", activation="relu", name=f"body_{i}")(x)
    settings.weights_dir.mkdir(parents=True)
    keras.Model(image, x).save(settings.weights_dir / "mine.keras")

    head = bench.head("own:mine.keras", 32)
    tuned = bench.fine_tune(head, "stage4")

    assert json.loads(tuned.account_path.read_text())["features"]["reused"]
    assert_only_the_block_and_later_moved(tuned, ["stage4"])
    assert_saved_and_exported_agree(tuned, bench.images(32))
