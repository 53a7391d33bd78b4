"""Training from stored features gives the weights that plain `fit` on the whole model gives."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from core.backbones.blocks import find_blocks
from core.backbones.compose import set_trainable
from core.backbones.graph import step_output
from core.config import TrainingConfig
from core.jobs.reporter import Reporter
from core.training.batches import Batches
from core.training.fit import fit
from core.training.optimizer import make_optimizer

CONFIG = TrainingConfig(learning_rate=1e-2, epochs=3, batch_size=8, seed=5)


class SilentReporter(Reporter):
    """Says nothing and never stops."""

    def advance(self, done: int, total: int) -> None:
        """Nothing to say."""


def data(classes: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (40, 16, 16, 3)).astype("float32")
    return images, random.integers(0, classes, 40)


def unfreeze_last_block(model: keras.Model) -> None:
    set_trainable(model, find_blocks(model)[-1].layers)


def cached_fit(model: keras.Model, classes: int, run_dir: Path) -> None:
    images, labels = data(classes)
    output = step_output(model, "block2_relu")
    features = keras.Model(model.inputs[0], output).predict(images, verbose=0)
    rows = np.arange(40)
    fit(
        keras.Model(output, model.outputs[0]),
        Batches(features, rows[:32], labels[:32], CONFIG.batch_size, CONFIG.seed),
        Batches(features, rows[32:], labels[32:], CONFIG.batch_size),
        32,
        CONFIG,
        SilentReporter(run_dir),
        run_dir,
    )


def plain_fit(model: keras.Model, classes: int) -> None:
    images, labels = data(classes)
    model.compile(
        optimizer=make_optimizer(CONFIG),
        loss="binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    batches = Batches(images, np.arange(32), labels[:32], CONFIG.batch_size, CONFIG.seed)
    best = keras.callbacks.LambdaCallback()
    weights, score = [], (-1.0, 0.0)

    def keep(epoch: int, logs: dict[str, float]) -> None:
        nonlocal weights, score
        if (logs["val_accuracy"], -logs["val_loss"]) > score:
            score = (logs["val_accuracy"], -logs["val_loss"])
            weights = model.get_weights()

    best.on_epoch_end = keep
    model.fit(
        batches,
        validation_data=(images[32:], labels[32:]),
        epochs=CONFIG.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[best],
    )
    model.set_weights(weights)


@pytest.mark.parametrize("classes", [2, 3])
def test_cached_training_equals_plain_fit(
    tiny_model: Callable[..., keras.Model], classes: int, tmp_path: Path
) -> None:
    cached, plain, start = tiny_model(classes), tiny_model(classes), tiny_model(classes)
    for model in (cached, plain):
        unfreeze_last_block(model)
    cached_fit(cached, classes, tmp_path)
    plain_fit(plain, classes)

    for ours, theirs in zip(cached.weights, plain.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6, err_msg=ours.path)
    moved = cached.get_layer("block3_conv").kernel - start.get_layer("block3_conv").kernel
    assert float(np.abs(moved).max()) > 1e-3, "nothing was trained, so nothing was compared"


def test_the_same_seed_gives_the_same_weights_bit_for_bit(
    tiny_model: Callable[..., keras.Model], tmp_path: Path
) -> None:
    results = []
    for name in ("a", "b"):
        model = tiny_model()
        unfreeze_last_block(model)
        (tmp_path / name).mkdir()
        cached_fit(model, 3, tmp_path / name)
        results.append(model.get_weights())

    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
