"""Every backbone composed with a head: what is trained, saved, loaded and exported."""

from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from core.backbones.account import account
from core.backbones.blocks import find_blocks
from core.backbones.catalog import CATALOG, BackboneSpec
from core.backbones.compose import compose, count_parameters, head_parameters, set_trainable
from core.backbones.graph import step_output
from core.backbones.weights import load_backbone
from core.config import HeadConfig
from core.export.litert import export_litert
from tests.backbones.block_names import BLOCKS

QUICK = ("efficientnet_lite0", "mobilenet_v3_small", "convnext_tiny")


@pytest.fixture(
    scope="module",
    params=[n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in CATALOG],
)
def spec(request: pytest.FixtureRequest) -> BackboneSpec:
    return CATALOG[request.param]


@pytest.fixture(scope="module")
def model(spec: BackboneSpec) -> keras.Model:
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    size = max(64, spec.min_image_size)
    config = HeadConfig("d", "v", backbone=spec.name, image_size=size)
    composed = compose(load_backbone(spec, size, Path("nowhere"), "random"), spec, config, 3)
    shake_statistics(composed)
    return composed


def shake_statistics(model: keras.Model) -> None:
    """Gives layers statistics of their own, so that a lost one would be seen."""
    random = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(random.uniform(0.5, 1.5, layer.moving_variance.shape))
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            layer.adapt_mean.assign([0.485, 0.456, 0.406])
            layer.adapt_variance.assign([0.05, 0.05, 0.05])
            layer.finalize_state()


def images_for(model: keras.Model) -> np.ndarray:
    shape = (2, *model.input_shape[1:])
    return np.random.default_rng(0).uniform(0, 255, shape).astype("float32")


def test_the_model_is_flat_and_keeps_its_blocks(spec: BackboneSpec, model: keras.Model) -> None:
    blocks = find_blocks(model)

    assert [b.name for b in blocks] == [name for name, _, _ in BLOCKS[spec.name]]
    assert sum(b.parameters for b in blocks) == spec.parameters
    assert not [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    assert count_parameters(model) == (head_parameters(model), spec.parameters)


def test_the_account_of_the_default_block_agrees_with_keras(
    spec: BackboneSpec, model: keras.Model
) -> None:
    blocks = find_blocks(model)
    got = account(blocks, head_parameters(model), spec.default_block)
    set_trainable(model, {name for b in blocks if b.name in got.unfrozen for name in b.layers})

    assert count_parameters(model) == (got.trainable, got.frozen)
    set_trainable(model, ())


def test_saved_and_loaded_it_predicts_the_same(model: keras.Model, tmp_path: Path) -> None:
    images = images_for(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)

    np.testing.assert_allclose(
        loaded(images, training=False), model(images, training=False), atol=1e-6
    )
    assert [b.to_dict() for b in find_blocks(loaded)] == [b.to_dict() for b in find_blocks(model)]


def test_exported_to_litert_it_predicts_the_same(model: keras.Model, tmp_path: Path) -> None:
    images = images_for(model)
    export_litert(model, tmp_path / "model.tflite")
    interpreter = Interpreter(model_path=str(tmp_path / "model.tflite"))
    interpreter.allocate_tensors()

    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], images[:1])
    interpreter.invoke()
    got = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    np.testing.assert_allclose(got, model(images[:1], training=False), atol=1e-4)


@pytest.mark.parametrize("position", ["last", "default"])
def test_the_part_behind_a_cut_trains_alone(
    spec: BackboneSpec, model: keras.Model, position: str
) -> None:
    blocks = find_blocks(model)
    name = spec.default_block if position == "default" else blocks[-1].name
    index = [b.name for b in blocks].index(name)
    cut = blocks[index - 1].layers[-1] if index else "image"
    set_trainable(model, {layer for b in blocks[index:] for layer in b.layers})
    part = keras.Model(step_output(model, cut), model.outputs[0])
    shape = (4, *step_output(model, cut).shape[1:])
    inputs = np.random.default_rng(2).normal(size=shape).astype("float32")
    before = [np.array(v) for v in part.trainable_variables]
    # Weights, not variables: the state of Dropout's random numbers moves, and may.
    frozen = [np.array(v) for v in model.non_trainable_weights]

    part.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy")
    part.fit(inputs, np.array([0, 1, 2, 0]), batch_size=4, verbose=0)

    after = part.trainable_variables
    moved = [bool((np.array(v) != b).any()) for v, b in zip(after, before, strict=True)]
    kept = model.non_trainable_weights
    still = [np.array_equal(v, f) for v, f in zip(kept, frozen, strict=True)]
    set_trainable(model, ())
    assert np.mean(moved) > 0.5
    assert all(still)
