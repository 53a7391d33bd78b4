"""Optimizer, loss and schedule against arithmetic done by hand."""

import math
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from core.config import TrainingConfig
from core.jobs.reporter import Reporter
from core.training.batches import Batches
from core.training.fit import fit
from core.training.optimizer import class_weights, compile_model, make_optimizer
from core.training.patience import Patience, Plateau
from core.training.schedule import LearningRate, last_rate, learning_rate

CONFIG = TrainingConfig(learning_rate=0.1, epochs=10)
BACKBONE, HEAD = np.float32([[2.0, -1.0]]), np.float32([[4.0, 3.0]])
GRADIENT = np.float32([[0.5, -0.25]])


def step(config: TrainingConfig, steps: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a backbone's kernel, the head's and its bias are after steps of one gradient."""
    model = keras.Sequential([keras.Input((1,))])
    model.add(keras.layers.Dense(2, use_bias=False, name="block1_conv"))
    model.add(keras.layers.Dense(1, use_bias=True, name="head_output"))
    backbone, head, bias = model.trainable_variables
    backbone.assign(BACKBONE)
    head.assign(HEAD.T)
    bias.assign([1.0])
    optimizer = make_optimizer(config)
    for _ in range(steps):
        gradients = [keras.ops.convert_to_tensor(g) for g in (GRADIENT, GRADIENT.T, [0.0])]
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return backbone.numpy(), head.numpy().T, bias.numpy()


def test_a_step_of_sgd_is_a_share_in_the_backbone() -> None:
    config = replace(CONFIG, optimizer="sgd", backbone_rate=0.25)
    backbone, head, _ = step(config, steps=2)

    # The second step is the gradient and nine tenths of the first one.
    np.testing.assert_allclose(head, HEAD - 0.1 * 2.9 * GRADIENT, rtol=1e-6)
    np.testing.assert_allclose(backbone, BACKBONE - 0.025 * 2.9 * GRADIENT, rtol=1e-6)


def test_a_step_of_adam_is_a_share_in_the_backbone() -> None:
    backbone, head, _ = step(replace(CONFIG, optimizer="adam", backbone_rate=0.25))

    # Adam's first step is the rate in the gradient's direction, whatever the gradient's size.
    np.testing.assert_allclose(head, HEAD - 0.1 * np.sign(GRADIENT), rtol=1e-5)
    np.testing.assert_allclose(backbone, BACKBONE - 0.025 * np.sign(GRADIENT), rtol=1e-5)


@pytest.mark.parametrize(("name", "push"), [("sgd", GRADIENT), ("adamw", np.sign(GRADIENT))])
def test_kernels_decay_at_their_own_rate_and_biases_do_not(name: str, push: np.ndarray) -> None:
    config = replace(CONFIG, optimizer=name, backbone_rate=0.25, weight_decay=0.2)
    backbone, head, bias = step(config)

    np.testing.assert_allclose(head, HEAD * (1 - 0.1 * 0.2) - 0.1 * push, rtol=1e-5)
    np.testing.assert_allclose(backbone, BACKBONE * (1 - 0.025 * 0.2) - 0.025 * push, rtol=1e-5)
    np.testing.assert_array_equal(bias, [1.0])


def test_without_options_a_step_is_that_of_keras_itself() -> None:
    ours, theirs = make_optimizer(CONFIG), keras.optimizers.Adam(0.1)
    weights = [keras.Variable(BACKBONE, name="kernel") for _ in range(2)]
    for optimizer, weight in zip((ours, theirs), weights, strict=True):
        for scale in (1.0, -3.0):
            optimizer.apply_gradients([(keras.ops.convert_to_tensor(scale * GRADIENT), weight)])

    np.testing.assert_array_equal(weights[0], weights[1])


@pytest.mark.parametrize("classes", [2, 3])
def test_label_smoothing_spreads_a_share_of_the_target(classes: int) -> None:
    outputs = 1 if classes == 2 else classes
    image = keras.Input((outputs,))
    model = keras.Model(image, keras.layers.Identity()(image))
    compile_model(model, replace(CONFIG, label_smoothing=0.3))
    p = np.array([[0.8]] if classes == 2 else [[0.2, 0.7, 0.1]])
    loss = model.evaluate(p, np.array([1]), verbose=0, return_dict=True)

    row = np.array([0.2, 0.8]) if classes == 2 else p[0]
    target = np.full(classes, 0.3 / classes)
    target[1] += 0.7
    assert loss["loss"] == pytest.approx(-(target * np.log(row)).sum(), rel=1e-5)
    assert loss["accuracy"] == 1.0


def test_rare_classes_weigh_as_much_as_common_ones() -> None:
    labels = np.array([0] * 6 + [2] * 3 + [1])

    assert class_weights(labels) == {0: 10 / 18, 1: 10 / 3, 2: 10 / 9}


@pytest.mark.parametrize("weighed", [False, True])
def test_class_weights_reach_every_step(tmp_path: Path, weighed: bool) -> None:
    image = keras.Input((1,))
    last = keras.layers.Dense(3, "softmax", kernel_initializer="zeros", name="head_output")
    model = keras.Model(image, last(image))
    features, labels = np.ones((40, 1), np.float32), np.repeat([0, 1, 2], [30, 6, 4])
    train = Batches(features, np.arange(40), labels, 40, seed=1)
    validation = Batches(features, np.arange(30), labels[:30], 30)
    config = replace(CONFIG, optimizer="sgd", epochs=3, class_weights=weighed)
    fit(model, train, validation, 40, config, Reporter(tmp_path), tmp_path)

    first = float(np.asarray(model(features[:1]))[0, 0])
    if weighed:
        # Three classes that pull equally leave the model where it was.
        assert first == pytest.approx(1 / 3, abs=1e-5)
    else:
        assert first > 0.36


def rates(config: TrainingConfig, steps: int) -> list[float]:
    rate = learning_rate(config, steps_in_epoch=4)
    assert isinstance(rate, LearningRate)
    return [float(rate(step)) for step in range(steps)]


def test_the_rate_rises_and_then_falls_along_half_a_cosine() -> None:
    config = replace(CONFIG, schedule="cosine", warmup_epochs=0.5, epochs=2)
    found = rates(config, 9)

    fall = [0.05 * (1 + math.cos(math.pi * (step - 2) / 6)) for step in range(2, 9)]
    assert found == pytest.approx([0.05, 0.1, *fall], abs=1e-7)
    assert found[-1] == pytest.approx(0.0, abs=1e-7)


def test_a_constant_rate_stays_after_its_warm_up() -> None:
    found = rates(replace(CONFIG, warmup_epochs=1), 6)

    assert found == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])
    assert learning_rate(CONFIG, 4) == 0.1


class DummyModel:
    stop_training = False


def end_epochs(callback: keras.callbacks.Callback, losses: list[float], first: int = 0) -> None:
    callback.set_model(DummyModel())
    for epoch, loss in enumerate(losses, start=first):
        callback.on_epoch_end(epoch, {"val_loss": loss})


def test_a_plateau_takes_the_rate_to_a_fifth_and_remembers() -> None:
    rate = learning_rate(replace(CONFIG, schedule="plateau"), 4)
    assert isinstance(rate, LearningRate)
    plateau = Plateau(rate, warmup_epochs=1)
    # The first epoch is warm-up: its low loss does not count.
    end_epochs(plateau, [0.1, 1.0, 0.9, 0.9, 0.95])
    assert float(rate(100)) == pytest.approx(0.1)

    other = learning_rate(replace(CONFIG, schedule="plateau"), 4)
    assert isinstance(other, LearningRate)
    later = Plateau(other, warmup_epochs=1)
    later.recall(plateau.memory(), [])
    end_epochs(later, [0.91], first=5)
    assert float(other(100)) == pytest.approx(0.02)
    again = Plateau(learning_rate(replace(CONFIG, schedule="plateau"), 4), 1)  # type: ignore[arg-type]
    again.recall(later.memory(), [])
    assert float(again._rate(100)) == pytest.approx(0.02)


@pytest.mark.parametrize("losses", [[0.5, 0.6, 0.5], [0.5, math.nan, math.nan]])
def test_patience_ends_training_after_epochs_without_a_lower_loss(losses: list[float]) -> None:
    patience = Patience(2)
    end_epochs(patience, losses[:2])
    assert not patience.model.stop_training
    later = Patience(2)
    later.recall(patience.memory(), [])
    end_epochs(later, losses[2:], first=2)

    assert later.model.stop_training


def test_the_rate_that_is_told_is_that_of_the_last_step() -> None:
    config = replace(CONFIG, schedule="cosine", epochs=1)
    rate = learning_rate(config, 2)
    optimizer = make_optimizer(config, rate)
    weight = keras.Variable(BACKBONE, name="kernel")
    for expected in (0.1, 0.05):
        optimizer.apply_gradients([(keras.ops.convert_to_tensor(GRADIENT), weight)])
        assert last_rate(optimizer) == pytest.approx(expected)
