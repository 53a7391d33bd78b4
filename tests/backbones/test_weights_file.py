"""Weights from files in each of Keras' formats: all or nothing, and misfits named."""

from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from core.backbones.catalog import CATALOG
from core.backbones.weights import backbone_builder, fingerprint, load_backbone
from core.backbones.weights_file import load_weights_file
from core.errors import WeightsError

SMALL = ("mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0")
FORMATS = (".weights.h5", ".h5", ".keras")


def build(name: str, seed: int = 0) -> keras.Model:
    """A backbone as Keras builds it, every weight random, statistics too."""
    spec = CATALOG[name]
    side = spec.min_image_size
    model = backbone_builder(spec)(include_top=False, weights=None, input_shape=(side, side, 3))
    random = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(random.uniform(0.1, 0.2, weight.shape))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return model


def save(model: keras.Model, path: Path) -> Path:
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    return path


def values(model: keras.Model) -> list[np.ndarray]:
    return [np.array(v) for v in model.weights]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "name",
    [n if n in SMALL else pytest.param(n, marks=pytest.mark.slow) for n in CATALOG],
)
def test_what_was_saved_is_loaded(name: str, suffix: str, tmp_path: Path) -> None:
    donor = build(name)
    path = save(donor, tmp_path / f"{name}{suffix}")
    model = build(name, seed=1)

    load_weights_file(model, path, CATALOG[name].title)

    for got, expected in zip(values(model), values(donor), strict=True):
        np.testing.assert_array_equal(got, expected)
    side = CATALOG[name].min_image_size
    images = np.full((1, side, side, 3), 0.5, np.float32)
    np.testing.assert_array_equal(model(images, training=False), donor(images, training=False))


@pytest.mark.parametrize("suffix", FORMATS)
def test_another_architecture_is_refused_with_layer_and_both_shapes(
    suffix: str, tmp_path: Path
) -> None:
    path = save(keras.applications.MobileNetV2((32, 32, 3), 0.5, False, None), tmp_path / "m.keras")
    path = save(keras.models.load_model(path), tmp_path / f"mobilenet_v2{suffix}")
    model = build("mobilenet_v2")
    before = fingerprint(model.weights)

    with pytest.raises(WeightsError) as caught:
        load_weights_file(model, path, "MobileNetV2")

    assert f"mobilenet_v2{suffix} does not fit MobileNetV2" in caught.value.what
    assert "layer Conv1, weight kernel has shape (3, 3, 3, 16)" in caught.value.what
    assert "needs (3, 3, 3, 32)" in caught.value.what
    assert fingerprint(model.weights) == before


def test_a_misfit_behind_many_layers_that_fit_changes_nothing(tmp_path: Path) -> None:
    path = save(build("mobilenet_v3_small"), tmp_path / "mobilenet_v3_small.weights.h5")
    with h5py.File(path, "r+") as file:
        last = sorted(n for n in file["layers"] if n.startswith("conv2d"))[-1]
        del file[f"layers/{last}/vars/0"]
    model = build("mobilenet_v3_small", seed=1)
    before = fingerprint(model.weights)

    with pytest.raises(WeightsError, match=r"it has nothing for layer .*, weight kernel"):
        load_weights_file(model, path, "MobileNetV3 Small")

    assert fingerprint(model.weights) == before


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_files_classifier_is_left_out(suffix: str, tmp_path: Path) -> None:
    donor = keras.applications.MobileNetV2((32, 32, 3), include_top=True, weights=None)
    path = save(donor, tmp_path / f"whole{suffix}")
    model = build("mobilenet_v2")

    load_weights_file(model, path, "MobileNetV2")

    np.testing.assert_array_equal(
        model.get_layer("Conv_1").kernel, donor.get_layer("Conv_1").kernel
    )


def test_too_few_layers_are_counted(tmp_path: Path) -> None:
    small = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(8, 3)])
    small.save(tmp_path / "vgg16.h5")

    with pytest.raises(WeightsError, match=r"it has 1 layers with weights.* has 13"):
        load_weights_file(build("vgg16"), tmp_path / "vgg16.h5", "VGG16")


def break_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def replace_by_text(path: Path) -> None:
    path.write_text("<html>Sign in to download</html>", encoding="utf-8")


@pytest.mark.parametrize("damage", [break_off, replace_by_text])
@pytest.mark.parametrize("suffix", FORMATS)
def test_damaged_files_are_named(
    suffix: str, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path = save(build("mobilenet_v3_small"), tmp_path / f"mobilenet_v3_small{suffix}")
    damage(path)
    model = build("mobilenet_v3_small", seed=1)
    before = fingerprint(model.weights)

    with pytest.raises(WeightsError, match=f"mobilenet_v3_small{suffix} cannot be read"):
        load_weights_file(model, path, "MobileNetV3 Small")

    assert fingerprint(model.weights) == before


def test_a_link_out_of_the_file_is_not_followed(tmp_path: Path) -> None:
    path = save(build("mobilenet_v3_small"), tmp_path / "mobilenet_v3_small.weights.h5")
    path.rename(tmp_path / "elsewhere.h5")
    with h5py.File(path, "w") as file:
        file["layers"] = h5py.ExternalLink("elsewhere.h5", "layers")

    with pytest.raises(WeightsError, match="it has nothing for layer conv"):
        load_weights_file(build("mobilenet_v3_small"), path, "MobileNetV3 Small")


def test_efficientnet_scales_images_as_keras_own_download_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    donor = build("efficientnet_b0")
    normalization = next(x for x in donor.layers if isinstance(x, keras.layers.Normalization))
    # What the file that Keras downloads holds.
    normalization.adapt_mean.assign([0.485, 0.456, 0.406])
    normalization.adapt_variance.assign([0.229, 0.224, 0.225])
    path = save(donor, tmp_path / CATALOG["efficientnet_b0"].weights_file)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *a, **k: str(path))
    theirs = keras.applications.EfficientNetB0(include_top=False, input_shape=(32, 32, 3))

    ours = load_backbone(CATALOG["efficientnet_b0"], 32, tmp_path)

    images = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    expected = theirs(images, training=False)
    np.testing.assert_allclose(ours(images, training=False), expected, rtol=1e-3)
