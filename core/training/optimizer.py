"""The optimizer, the loss and the weights of classes, as a run's configuration asks for them."""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
import numpy as np

from core.backbones.blocks import HEAD_PREFIX
from core.config import TrainingConfig

Array = np.ndarray[Any, Any]
Rate: TypeAlias = float | keras.optimizers.schedules.LearningRateSchedule


class _PerVariable:
    """Gives the backbone's variables their own rate, and makes kernels decay at their rate.

    Adam does not mind the size of a gradient, so it is the step that has to shrink, and with it
    the decay: Keras' own decay knows one rate for all variables.
    """

    backbone_rate: float
    decay: float

    def build(self, variables: list[keras.Variable]) -> None:
        super().build(variables)  # type: ignore[misc]
        self.shares = tuple(1.0 if _in_head(v) else self.backbone_rate for v in variables)
        # Kernels alone: pulled to nothing, a bias or a normalisation would lose what it knows.
        self.decays = tuple(self.decay if v.name.endswith("kernel") else 0.0 for v in variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)  # type: ignore[attr-defined]
        if self.shares[index] != 1:
            learning_rate = learning_rate * self.shares[index]
        if self.decays[index]:
            rate = keras.ops.cast(learning_rate, variable.dtype)
            self.assign_sub(variable, variable * rate * self.decays[index])  # type: ignore[attr-defined]
        super().update_step(gradient, variable, learning_rate)  # type: ignore[misc]


def _in_head(variable: keras.Variable) -> bool:
    return any(part.startswith(HEAD_PREFIX) for part in variable.path.split("/"))


class Adam(_PerVariable, keras.optimizers.Adam):  # type: ignore[misc]
    """AdamW where there is decay."""


class SGD(_PerVariable, keras.optimizers.SGD):  # type: ignore[misc]
    """SGD with decoupled decay."""


def make_optimizer(config: TrainingConfig, rate: Rate | None = None) -> keras.optimizers.Optimizer:
    """A new optimizer: one that has seen other trainable weights cannot be used again.

    Weight decay is decoupled (Loshchilov and Hutter 2019): before its step, each kernel shrinks
    by its rate times `weight_decay`. Without decay `adamw` is `adam`.

    Args:
        config: Says which.
        rate: In place of the configuration's constant rate.
    """
    rate = config.learning_rate if rate is None else rate
    optimizer = SGD(rate, momentum=0.9) if config.optimizer == "sgd" else Adam(rate)
    optimizer.backbone_rate, optimizer.decay = config.backbone_rate, config.weight_decay
    return optimizer


def compile_model(model: keras.Model, config: TrainingConfig, rate: Rate | None = None) -> None:
    """Compiles; without this a change of what is trainable would have no effect.

    Args:
        model: Gives `(batch, 1)` by a sigmoid or `(batch, classes)` by softmax.
        config: How to train.
        rate: In place of the configuration's constant rate.
    """
    optimizer = make_optimizer(config, rate)
    model.compile(optimizer=optimizer, loss=_loss(model, config), metrics=["accuracy"])


def _loss(model: keras.Model, config: TrainingConfig) -> Any:
    classes, smoothing = model.output_shape[-1], config.label_smoothing
    if classes == 1:
        return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    if not smoothing:
        return keras.losses.SparseCategoricalCrossentropy()

    def smoothed(labels: Any, probabilities: Any) -> Any:
        # Keras' sparse loss does not smooth. Labels stay integers for the accuracy.
        targets = keras.ops.one_hot(keras.ops.reshape(labels, (-1,)), classes)
        return keras.losses.categorical_crossentropy(
            targets, probabilities, label_smoothing=smoothing
        )

    return smoothed


def class_weights(labels: Array) -> dict[int, float]:
    """Weights by which every class counts as much as any other: n / (k * n_c).

    n images, k classes, n_c of them in class c, so that the mean weight of an image is 1 (King
    and Zeng 2001; scikit-learn's "balanced").

    Args:
        labels: int64 `(images,)` of the training images.
    """
    found, counts = np.unique(labels, return_counts=True)
    weights = len(labels) / (len(found) * counts)
    return dict(zip(found.tolist(), weights.tolist(), strict=True))
