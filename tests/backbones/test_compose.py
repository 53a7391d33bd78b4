"""The composed model: the article's counts, blocks, preprocessing and what is trainable."""

from pathlib import Path

import keras
import numpy as np
import pytest

from core.backbones.account import account
from core.backbones.blocks import find_blocks
from core.backbones.catalog import CATALOG
from core.backbones.compose import compose, count_parameters, head_parameters, set_trainable
from core.backbones.graph import step_output
from core.backbones.weights import load_backbone
from core.config import HeadConfig


def build(name: str, image_size: int, head: str, classes: int, weights: str) -> keras.Model:
    spec = CATALOG[name]
    config = HeadConfig("d", "v", backbone=name, image_size=image_size, head=head, dropout=0.5)
    backbone = load_backbone(spec, image_size, Path("nowhere"), weights)
    return compose(backbone, spec, config, classes)


@pytest.fixture(scope="module")
def vgg16() -> keras.Model:
    return build("vgg16", 150, "classic", 2, "random")


@pytest.fixture(scope="module")
def lite0() -> keras.Model:
    return build("efficientnet_lite0", 64, "light", 10, "imagenet")


def test_vgg16_has_the_articles_counts(vgg16: keras.Model) -> None:
    blocks = find_blocks(vgg16)
    frozen_head_stage = count_parameters(vgg16)
    set_trainable(vgg16, next(b.layers for b in blocks if b.name == "block5"))

    assert sum(block.parameters for block in blocks) == 14_714_688
    assert frozen_head_stage == (2_097_408 + 257, 14_714_688)
    assert count_parameters(vgg16) == (9_177_089, 7_635_264)
    assert vgg16.count_params() == 16_812_353


def test_the_account_before_a_run_agrees_with_keras(vgg16: keras.Model) -> None:
    got = account(find_blocks(vgg16), head_parameters(vgg16), "block5")

    assert (got.trainable, got.frozen, got.total) == (9_177_089, 7_635_264, 16_812_353)


def test_vgg16_blocks_have_hand_worked_costs(vgg16: keras.Model) -> None:
    blocks = {block.name: block for block in find_blocks(vgg16)}

    assert list(blocks) == ["block1", "block2", "block3", "block4", "block5"]
    assert blocks["block5"].parameters == 3 * (3 * 3 * 512 * 512 + 512)
    assert blocks["block1"].multiply_adds == 150 * 150 * (9 * 3 * 64 + 9 * 64 * 64)
    assert sum(b.multiply_adds for b in blocks.values()) * 2 == pytest.approx(13.2e9, rel=0.01)
    assert blocks["block4"].layers[-1] == "block4_pool"
    assert blocks["block4"].output_shape == (9, 9, 512)


def test_vgg16_takes_rgb_and_prepares_it_itself(vgg16: keras.Model) -> None:
    images = np.random.default_rng(0).uniform(0, 255, (2, 150, 150, 3)).astype("float32")
    prepared = keras.Model(vgg16.inputs[0], step_output(vgg16, "preprocess_scale"))

    expected = keras.applications.vgg16.preprocess_input(images.copy())

    np.testing.assert_allclose(prepared.predict(images, verbose=0), expected, atol=1e-4)


def test_lite0_counts_and_blocks(lite0: keras.Model) -> None:
    blocks = find_blocks(lite0)

    assert [b.name for b in blocks] == ["stem", *(f"block{n}" for n in range(1, 8)), "top"]
    assert sum(b.parameters for b in blocks) == 3_413_024
    assert count_parameters(lite0) == (1280 * 10 + 10, 3_413_024)


def test_batchnorm_stays_frozen_inside_an_unfrozen_block(lite0: keras.Model) -> None:
    blocks = find_blocks(lite0)
    got = account(blocks, head_parameters(lite0), "block6")
    set_trainable(lite0, {name for b in blocks if b.name in got.unfrozen for name in b.layers})

    assert count_parameters(lite0) == (got.trainable, got.frozen)
    assert not lite0.get_layer("block6a_expand_bn").trainable
    assert lite0.get_layer("block6a_expand").trainable
    assert not lite0.get_layer("block5a_expand").trainable
    set_trainable(lite0, ())


def test_unfrozen_batchnorm_agrees_with_keras_too(lite0: keras.Model) -> None:
    blocks = find_blocks(lite0)
    got = account(blocks, head_parameters(lite0), "block7", "only", freeze_batchnorm=False)
    set_trainable(lite0, blocks[7].layers, freeze_batchnorm=False)

    assert count_parameters(lite0) == (got.trainable, got.frozen)
    set_trainable(lite0, ())


@pytest.mark.parametrize("cut", ["block3b_add", "block5c_add", "block7a_project_bn"])
def test_the_parts_before_and_after_a_cut_equal_the_whole(lite0: keras.Model, cut: str) -> None:
    images = np.random.default_rng(1).uniform(0, 255, (3, 64, 64, 3)).astype("float32")
    output = step_output(lite0, cut)
    before = keras.Model(lite0.inputs[0], output)
    after = keras.Model(output, lite0.outputs[0])

    parts = after.predict(before.predict(images, verbose=0), verbose=0)

    np.testing.assert_allclose(parts, lite0.predict(images, verbose=0), atol=1e-6)


def test_two_classes_get_one_sigmoid_and_more_get_softmax(
    vgg16: keras.Model, lite0: keras.Model
) -> None:
    assert vgg16.output_shape == (None, 1)
    assert vgg16.get_layer("head_output").activation is keras.activations.sigmoid
    assert lite0.output_shape == (None, 10)
    assert lite0.get_layer("head_output").activation is keras.activations.softmax


def test_a_saved_model_keeps_preprocessing_and_predicts_the_same(
    vgg16: keras.Model, tmp_path: Path
) -> None:
    images = np.random.default_rng(2).uniform(0, 255, (1, 150, 150, 3)).astype("float32")
    vgg16.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")

    np.testing.assert_array_equal(
        loaded.predict(images, verbose=0), vgg16.predict(images, verbose=0)
    )
    assert [b.name for b in find_blocks(loaded)] == [b.name for b in find_blocks(vgg16)]


def test_the_seed_decides_the_heads_first_weights() -> None:
    kernels = [
        build("efficientnet_lite0", 32, "light", 3, "imagenet").get_layer("head_output").kernel
        for _ in range(2)
    ]

    np.testing.assert_array_equal(kernels[0], kernels[1])
