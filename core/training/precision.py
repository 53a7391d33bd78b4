"""Half precision while a model is trained, and repeatable operations on a GPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import tensorflow as tf

from core.backbones.blocks import HEAD_PREFIX
from core.config import TrainingConfig

HEAD_OUTPUT = f"{HEAD_PREFIX}output"


def half_policy(config: TrainingConfig) -> str | None:
    """The type that the hardware is quick at, float16 on a GPU and bfloat16 elsewhere, where half
    precision is asked for."""
    if not config.mixed_precision:
        return None
    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "mixed_bfloat16"


@contextmanager
def half_precision(models: Sequence[keras.Model], policy: str | None) -> Iterator[None]:
    """Let layers compute in half precision; their weights stay float32.

    Afterwards they compute in float32 again: what is predicted, saved and exported is the model
    that every other run has too, and stored features serve runs of either kind. The head's
    output is float32 throughout.

    Args:
        models: To be compiled inside; they may share layers.
        policy: Of `half_policy`; None for no change.
    """
    if policy is None:
        yield
        return
    layers = {id(layer): layer for model in models for layer in [model, *model.layers]}
    changed = [layer for layer in layers.values() if layer.name != HEAD_OUTPUT]
    before = [layer.dtype_policy for layer in changed]
    for layer in changed:
        layer.dtype_policy = policy
    try:
        yield
    finally:
        for layer, own in zip(changed, before, strict=True):
            layer.dtype_policy = own


def make_repeatable(config: TrainingConfig) -> None:
    """Seeds everything, and keeps operations away that would not repeat where that is asked for."""
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
