"""Several GPUs in one run: each trains its share of every batch, and the gradients are summed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import tensorflow as tf


def training_devices() -> list[str]:
    """Names of the devices that share a run's training: all visible GPUs, where there are two."""
    names = [device.name for device in tf.config.list_logical_devices("GPU")]
    return names if len(names) > 1 else []


@contextmanager
def spread(model: keras.Model, devices: Sequence[str]) -> Iterator[keras.Model]:
    """Gives a model to compile and fit on all devices; the given one has its weights afterwards.

    Only training is shared out. Everything else goes on with the model on one device: under a
    strategy, Keras' `predict_on_batch` would give every row once a device.

    Args:
        model: Not compiled.
        devices: Of `training_devices`; with fewer than two, the model itself is given.
    """
    if len(devices) < 2:
        yield model
        return
    with tf.distribute.MirroredStrategy(list(devices)).scope():
        copy = keras.models.clone_model(model)
        _copy_variables(model, copy)
        yield copy
        _copy_variables(copy, model)


def _copy_variables(source: keras.Model, target: keras.Model) -> None:
    # Unlike `weights`, these include the state of dropout's random numbers.
    for mine, theirs in zip(source.variables, target.variables, strict=True):
        theirs.assign(keras.ops.convert_to_numpy(mine))
