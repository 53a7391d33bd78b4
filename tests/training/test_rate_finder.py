"""A rate test as a real child process, and the steps of one on a model of one layer."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from core.config import RateTestConfig, TrainingConfig
from core.evaluation.rate_curve import STEPS, read_rate_curve
from core.runs import RunState, RunStore
from core.settings import Settings
from core.training.batches import Batches
from core.training.rate_finder import range_test
from tests.squares import squares
from tests.workshop import FAST, Workshop

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 40)
FEATURES = np.eye(3, dtype=np.float32)[LABELS] + RNG.normal(0, 0.1, (40, 3)).astype(np.float32)


def one_layer() -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])


def test_the_loss_of_each_step_is_that_of_its_batch_alone() -> None:
    config = TrainingConfig(optimizer="sgd", batch_size=8, schedule="cosine", warmup_epochs=2)
    model = one_layer()
    # The order of the first epoch, of which no step has changed anything that one could measure.
    train = Batches(FEATURES, np.arange(40), LABELS, 8, seed=0)
    train.begin(1)
    inputs, labels = train[1]
    expected = -np.log(model.predict_on_batch(inputs)[np.arange(8), labels]).mean()
    steps: list[tuple[int, int]] = []

    curve = range_test(model, train, config, 3, lambda done, total: steps.append((done, total)))

    assert curve.losses[1] == pytest.approx(expected, rel=1e-3)
    assert curve.rates[0] == pytest.approx(1e-6)
    assert steps[0] == (1, STEPS)
    assert min(curve.losses) < curve.losses[0]


def test_an_exploding_loss_ends_the_test() -> None:
    curve = range_test(
        one_layer(),
        # Labels that nothing tells: large steps can only make it worse.
        Batches(10 * FEATURES, np.arange(40), RNG.permutation(LABELS), 8, seed=0),
        TrainingConfig(optimizer="sgd"),
        3,
        lambda done, total: None,
    )

    assert 0 < len(curve.rates) < STEPS


def test_the_worker_leaves_a_curve_and_no_model(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    shop = Workshop(settings, squares(settings), RunStore(settings.runs_dir))

    training = replace(FAST, mixed_precision=True, features_type="float16", class_weights=True)
    run = shop.train(RateTestConfig(replace(shop.head_config(), training=training)))

    assert run.status.state is RunState.COMPLETED
    assert not run.has_model
    curve = read_rate_curve(run.path)
    assert curve is not None
    assert run.status.results["suggested_rate"] == pytest.approx(curve.suggested)
    assert 1e-5 < curve.suggested <= 0.1
    # What it stored is what the head run needs.
    assert list(settings.features_dir.glob("*/features.npy"))
