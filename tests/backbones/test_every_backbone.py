"""Every backbone of the catalogue, with random weights: blocks, cuts, counts, preprocessing."""

import importlib
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from core.backbones.blocks import default_block, find_blocks
from core.backbones.catalog import CATALOG, BackboneSpec
from core.backbones.compose import preprocess
from core.backbones.graph import step_output
from core.backbones.weights import load_backbone
from tests.backbones.block_names import BLOCKS

# Where keras.applications has a backbone's own `preprocess_input`.
MODULES = {
    "vgg16": "vgg16",
    "vgg19": "vgg19",
    "resnet50": "resnet",
    "resnet50v2": "resnet_v2",
    "mobilenet_v2": "mobilenet_v2",
    "mobilenet_v3_small": "mobilenet_v3",
    "mobilenet_v3_large": "mobilenet_v3",
    "densenet121": "densenet",
    "xception": "xception",
    "inception_v3": "inception_v3",
    "efficientnet_b0": "efficientnet",
    "efficientnet_v2_b0": "efficientnet_v2",
    "convnext_tiny": "convnext",
    "nasnet_mobile": "nasnet",
}

# ConvNeXt's depthwise convolutions are convolutions in groups; TensorFlow compiles those into
# functions that its profiler does not look into. 7 x 7 taps, worked out by hand for 64 px.
HIDDEN_FROM_PROFILER = {
    "convnext_tiny": 49 * (3 * 16 * 16 * 96 + 3 * 8 * 8 * 192 + 9 * 4 * 4 * 384 + 3 * 2 * 2 * 768)
}


def small_size(spec: BackboneSpec) -> int:
    return max(64, spec.min_image_size)


def random_images(size: int, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (count, size, size, 3)).astype("float32")


@pytest.fixture(scope="module", params=list(CATALOG))
def spec(request: pytest.FixtureRequest) -> BackboneSpec:
    return CATALOG[request.param]


@pytest.fixture(scope="module")
def backbone(spec: BackboneSpec) -> keras.Model:
    keras.backend.clear_session()  # so that Keras numbers layers without names from 0
    keras.utils.set_random_seed(0)
    return load_backbone(spec, small_size(spec), Path("nowhere"), "random")


def test_blocks_are_named_and_bounded_as_people_speak_of_them(
    spec: BackboneSpec, backbone: keras.Model
) -> None:
    blocks = find_blocks(backbone)

    assert [(b.name, b.layers[0], b.layers[-1]) for b in blocks] == BLOCKS[spec.name]
    assert default_block(blocks, spec.default_block) == spec.default_block
    assert len(blocks) <= 20


def test_blocks_hold_every_layer_and_parameter_once(
    spec: BackboneSpec, backbone: keras.Model
) -> None:
    blocks = find_blocks(backbone)
    held = [name for block in blocks for name in block.layers]

    assert len(held) == len(set(held))
    assert {layer.name for layer in backbone.layers[1:]} <= set(held)
    assert sum(b.parameters for b in blocks) == backbone.count_params() == spec.parameters


def test_the_parts_before_and_after_a_cut_equal_the_whole(backbone: keras.Model) -> None:
    images = random_images(backbone.input_shape[1])
    whole = backbone(images, training=False)
    blocks = find_blocks(backbone)
    for block in {blocks[0].name: blocks[0], blocks[-2].name: blocks[-2]}.values():
        output = step_output(backbone, block.layers[-1])
        before = keras.Model(backbone.inputs[0], output)
        after = keras.Model(output, backbone.outputs[0])

        parts = after(before(images, training=False), training=False)

        assert tuple(output.shape[1:]) == block.output_shape
        scale = float(np.abs(whole).max())
        np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-6 * scale)


def test_multiply_adds_agree_with_tensorflows_profiler(
    spec: BackboneSpec, backbone: keras.Model
) -> None:
    size = backbone.input_shape[1]
    function = tf.function(lambda x: backbone(x, training=False), autograph=False)
    concrete = function.get_concrete_function(tf.TensorSpec((1, size, size, 3), tf.float32))
    graph = convert_variables_to_constants_v2(concrete).graph
    builder = tf.compat.v1.profiler.ProfileOptionBuilder
    options = builder(builder.float_operation()).with_empty_output().build()
    options["account_type_regexes"] = ["Conv2D", "DepthwiseConv2dNative", "MatMul"]

    profile = tf.compat.v1.profiler.profile(graph, cmd="scope", options=options)

    expected = profile.total_float_ops // 2 + HIDDEN_FROM_PROFILER.get(spec.name, 0)
    assert sum(block.multiply_adds for block in find_blocks(backbone)) == expected


def test_it_refuses_images_that_keras_would_refuse(spec: BackboneSpec) -> None:
    if spec.bundled:
        pytest.skip("not one of Keras' own")
    module, _, function = spec.builder.partition(":")
    build = getattr(importlib.import_module(module), function)
    side = spec.min_image_size - 1

    with pytest.raises(ValueError, match=f"at least {spec.min_image_size}x"):
        build(include_top=False, weights=None, input_shape=(side, side, 3))


def test_preprocessing_does_what_keras_does(spec: BackboneSpec) -> None:
    if spec.bundled:
        pytest.skip("not one of Keras' own; its scaling is the builder's documented one")
    images = random_images(8)
    image = keras.Input((8, 8, 3))
    ours = keras.Model(image, preprocess(image, spec.preprocessing))
    theirs = importlib.import_module(f"keras.applications.{MODULES[spec.name]}").preprocess_input

    np.testing.assert_allclose(ours(images), theirs(images.copy()), rtol=1e-5, atol=1e-4)
