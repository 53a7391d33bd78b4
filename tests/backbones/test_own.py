"""A user's own backbone: offered, loaded safely, cut anywhere; refused where it cannot serve."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from core.backbones.blocks import default_block, find_blocks
from core.backbones.catalog import CATALOG, backbones_on_offer, find_backbone
from core.backbones.compose import compose, count_parameters, set_trainable
from core.backbones.weights import load_backbone
from core.config import HeadConfig
from core.errors import BackboneError


def plain(size: int | None = 48) -> keras.Model:
    x = image = keras.Input((size, size, 3))
    x = layers.Rescaling(1 / 255, name="scale")(x)
    for i, filters in enumerate((4, 8, 16)):
        x = layers.Conv2D(filters, 3, 2, "same", name=f"body_{i}")(x)
        x = layers.BatchNormalization(name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"active_{i}")(x)
    return keras.Model(image, x)


def write(model: keras.Model, folder: Path, name: str = "mine.keras") -> str:
    model.save(folder / name)
    return f"own:{name}"


def load(name: str, folder: Path, size: int = 48) -> keras.Model:
    return load_backbone(find_backbone(name, folder), size, folder)


def test_own_files_are_offered_behind_the_catalogue(tmp_path: Path) -> None:
    model = plain()
    write(model, tmp_path)
    write(model, tmp_path, "vgg16-mine.keras")  # weights for VGG16, by its name
    (tmp_path / "broken.keras").write_text("no zip", encoding="utf-8")

    offer = backbones_on_offer(tmp_path)

    assert [s.name for s in offer] == [*CATALOG, "own:mine.keras"]
    assert (offer[-1].title, offer[-1].default_image_size) == ("mine", 48)
    # The size of its weights on disk, which have a few kilobytes of structure around them.
    assert offer[-1].parameters >= model.count_params()
    assert backbones_on_offer(tmp_path / "missing") == list(CATALOG.values())


def test_the_catalogue_begins_with_the_bundled_one_and_the_articles() -> None:
    assert list(CATALOG)[:2] == ["efficientnet_lite0", "vgg16"]
    assert [s.name for s in CATALOG.values() if s.bundled] == ["efficientnet_lite0"]


@pytest.mark.parametrize("size", [48, 64])
def test_it_predicts_what_it_did_at_its_own_and_at_other_sizes(size: int, tmp_path: Path) -> None:
    model = plain(None)
    name = write(model, tmp_path)
    images = np.random.default_rng(0).uniform(0, 255, (2, size, size, 3)).astype("float32")

    got = load(name, tmp_path, size)(images, training=False)

    np.testing.assert_allclose(got, model(images, training=False), atol=1e-6)
    assert find_backbone(name, tmp_path).default_image_size == 224


def test_layers_without_telling_names_become_a_stage_for_each_size(tmp_path: Path) -> None:
    blocks = find_blocks(load(write(plain(), tmp_path), tmp_path))

    assert [(b.name, b.output_shape[0], b.layers[-1]) for b in blocks] == [
        ("stage1", 48, "scale"),
        ("stage2", 24, "active_0"),
        ("stage3", 12, "active_1"),
        ("stage4", 6, "active_2"),
    ]
    assert default_block(blocks) == "stage4"


def test_it_is_composed_frozen_saved_and_loaded_like_any_other(tmp_path: Path) -> None:
    name = write(plain(), tmp_path)
    spec = find_backbone(name, tmp_path)
    config = HeadConfig("d", "v", backbone=name, image_size=48)
    model = compose(load(name, tmp_path), spec, config, 3)
    blocks = find_blocks(model)
    set_trainable(model, blocks[-1].layers)
    images = np.random.default_rng(0).uniform(0, 255, (2, 48, 48, 3)).astype("float32")

    model.save(tmp_path / "composed.keras")
    loaded = keras.models.load_model(tmp_path / "composed.keras")

    assert count_parameters(model)[0] == (9 * 8 * 16 + 16) + (16 * 3 + 3)
    np.testing.assert_array_equal(loaded(images), model(images))


def test_a_backbone_nested_in_a_model_is_taken_apart(tmp_path: Path) -> None:
    image = keras.Input((48, 48, 3))
    augment = keras.Sequential([layers.Rescaling(1.0, name="as_is")], name="before")
    model = keras.Model(image, plain()(augment(image), training=False))

    flat = load(write(model, tmp_path), tmp_path)

    names = [layer.name for layer in flat.layers]
    assert "as_is" in names
    assert "norm_2" in names
    assert not [layer for layer in flat.layers if isinstance(layer, keras.Model)]


def with_classifier() -> keras.Model:
    base = plain()
    pooled = layers.GlobalAveragePooling2D()(base.output)
    return keras.Model(base.input, layers.Dense(3)(pooled))


def with_two_inputs() -> keras.Model:
    one, two = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    return keras.Model([one, two], layers.Add()([one, two]))


def for_grey_images() -> keras.Model:
    image = keras.Input((8, 8, 1))
    return keras.Model(image, layers.Conv2D(4, 3)(image))


def with_a_layer_used_twice() -> keras.Model:
    image = keras.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    return keras.Model(image, shared(shared(image)))


def with_a_name_of_the_apps() -> keras.Model:
    image = keras.Input((8, 8, 3))
    return keras.Model(image, layers.Conv2D(4, 3, name="head_conv")(image))


def with_lambda() -> keras.Model:
    image = keras.Input((8, 8, 3))
    return keras.Model(image, layers.Lambda(lambda x: x / 255)(image))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (with_classifier, r"gives \(None, 3\), not a feature map"),
        (with_two_inputs, "has 2 inputs and 1 outputs"),
        (for_grey_images, r"takes \(None, 8, 8, 1\)"),
        (with_a_layer_used_twice, "uses its layer shared twice"),
        (with_a_name_of_the_apps, "has a layer 'head_conv'"),
        (with_lambda, "cannot be loaded safely"),
    ],
)
def test_what_cannot_serve_is_refused_with_the_reason(
    build: Callable[[], keras.Model], message: str, tmp_path: Path
) -> None:
    name = write(build(), tmp_path)
    size = find_backbone(name, tmp_path).default_image_size

    with pytest.raises(BackboneError, match=rf"mine\.keras {message}"):
        load(name, tmp_path, size)


def test_a_size_that_its_layers_do_not_take_is_refused(tmp_path: Path) -> None:
    image = keras.Input((8, 8, 3))
    name = write(keras.Model(image, layers.Reshape((4, 16, 3))(image)), tmp_path)

    assert load(name, tmp_path, 8).output_shape == (None, 4, 16, 3)
    with pytest.raises(BackboneError, match="does not take images of 48 px"):
        load(name, tmp_path, 48)


@pytest.mark.parametrize("name", ["own:../secret.keras", "own:a/b.keras", "own:mine.h5", "own:"])
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="does not name a backbone of your own"):
        find_backbone(name, tmp_path)


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.keras").write_text("no zip", encoding="utf-8")

    with pytest.raises(BackboneError, match=r"There is no mine\.keras"):
        find_backbone("own:mine.keras", tmp_path)
    with pytest.raises(BackboneError, match=r"broken\.keras .* is not a readable"):
        find_backbone("own:broken.keras", tmp_path)
