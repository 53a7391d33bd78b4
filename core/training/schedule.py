"""The learning rate over a run: warm-up, cosine, and the factor that a plateau takes off."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from core.config import TrainingConfig


class LearningRate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """The rate of each step: it depends on the step alone, so that it goes on as if never stopped.

    Cosine annealing without restarts (Loshchilov and Hutter 2017), after a linear warm-up.

    Args:
        config: Says how the rate goes.
        steps_in_epoch: Steps in one epoch.

    Attributes:
        factor: What a plateau has left of it, between 0 and 1; a scalar variable.
    """

    def __init__(self, config: TrainingConfig, steps_in_epoch: int) -> None:
        self._peak = config.learning_rate
        self._cosine = config.schedule == "cosine"
        self._steps = config.epochs * steps_in_epoch
        self._warmup = min(round(config.warmup_epochs * steps_in_epoch), self._steps)
        self.factor = keras.Variable(1.0, trainable=False, name="plateau_factor")

    def __call__(self, step: Any) -> Any:
        """The rate of a step, counted from 0; a float32 scalar."""
        done = keras.ops.cast(step, "float32")
        rate = self._peak * self.factor
        if self._cosine:
            left = max(self._steps - self._warmup, 1)
            share = keras.ops.clip((done - self._warmup) / left, 0.0, 1.0)
            rate = rate * 0.5 * (1.0 + keras.ops.cos(math.pi * share))
        if self._warmup:
            rate = rate * keras.ops.minimum((done + 1.0) / self._warmup, 1.0)
        return rate


def learning_rate(config: TrainingConfig, steps_in_epoch: int) -> float | LearningRate:
    """A number where the rate never changes, else a schedule."""
    if config.schedule == "constant" and not config.warmup_epochs:
        return config.learning_rate
    return LearningRate(config, steps_in_epoch)


def last_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The rate that the last step was taken with, for the head."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    schedule = getattr(inner, "_learning_rate", None)
    if isinstance(schedule, LearningRate):
        return float(schedule(inner.iterations - 1))
    return float(np.asarray(inner.learning_rate))
