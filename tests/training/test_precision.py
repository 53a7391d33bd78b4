"""Half precision while training, and repeatable operations."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from core.config import TrainingConfig
from core.training.optimizer import compile_model
from core.training.precision import half_policy, half_precision, make_repeatable

CONFIG = TrainingConfig(learning_rate=1e-2, mixed_precision=True)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_layers_compute_in_half_precision_while_training_and_not_after(
    tiny_model: Callable[..., keras.Model], policy: str
) -> None:
    model = tiny_model()
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (16, 16, 16, 3)).astype("float32")
    labels = random.integers(0, 3, 16)
    first = np.asarray(model(images))
    with half_precision([model], policy):
        compile_model(model, CONFIG)
        inside = np.asarray(model(images))
        assert model.get_layer("block1_conv").compute_dtype == policy.removeprefix("mixed_")
        scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        assert scaled == (policy == "mixed_float16")
        kernel = np.asarray(model.get_layer("block1_conv").kernel)
        model.fit(images, labels, batch_size=8, verbose=0)

    assert inside.dtype == np.float32
    assert 0 < np.abs(inside - first).max() < 0.02
    assert np.abs(np.asarray(model.get_layer("block1_conv").kernel) - kernel).max() > 1e-3
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_half_precision_is_used_where_it_is_asked_for() -> None:
    assert half_policy(TrainingConfig()) is None
    assert half_policy(CONFIG) in ("mixed_bfloat16", "mixed_float16")


def test_operations_are_repeatable_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(
        "tensorflow.config.experimental.enable_op_determinism", lambda: calls.append("asked")
    )
    make_repeatable(TrainingConfig())
    assert not calls
    make_repeatable(TrainingConfig(deterministic=True))
    assert calls == ["asked"]
