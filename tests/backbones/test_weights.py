"""Pretrained weights: bundled, from the workspace's folder, missing, or not fitting."""

from pathlib import Path

import keras
import numpy as np
import pytest

from core.backbones.catalog import CATALOG
from core.backbones.lite0 import EfficientNetLite0
from core.backbones.weights import find_weights_file, fingerprint, load_backbone
from core.errors import BackboneError, WeightsError

SHARED_VGG16 = (
    Path(__file__).resolve().parents[2].parent / "shared" / "assets" / "vgg16_notop.weights.h5"
)


def test_the_bundled_backbone_has_its_imagenet_weights(tmp_path: Path) -> None:
    model = load_backbone(CATALOG["efficientnet_lite0"], 64, tmp_path)

    # Values of the file: random weights would have a mean near zero and a variance of one.
    assert float(np.mean(model.get_layer("stem_conv_bn").moving_variance)) != 1.0
    assert model.count_params() == CATALOG["efficientnet_lite0"].parameters


def test_no_internet_says_what_file_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*args: object, **kwargs: object) -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr("keras.src.applications.vgg16.file_utils.get_file", unreachable)

    with pytest.raises(WeightsError) as caught:
        load_backbone(CATALOG["vgg16"], 32, tmp_path)

    assert "could not be downloaded" in caught.value.what
    assert CATALOG["vgg16"].weights_file in caught.value.way_out
    assert str(tmp_path) in caught.value.way_out
    assert "EfficientNet-Lite0" in caught.value.way_out


def test_a_file_in_the_weights_folder_is_used(tmp_path: Path) -> None:
    donor = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    donor.save_weights(tmp_path / "vgg16.weights.h5")

    model = load_backbone(CATALOG["vgg16"], 32, tmp_path)

    assert fingerprint(model.weights) == fingerprint(donor.weights)


def test_a_file_of_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    other = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(8, 3)])
    other.save_weights(tmp_path / "vgg16.weights.h5")

    with pytest.raises(WeightsError, match=r"vgg16\.weights\.h5.*does not fit VGG16"):
        load_backbone(CATALOG["vgg16"], 32, tmp_path)


def test_a_broken_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "vgg16.weights.h5").write_bytes(b"not hdf5")

    with pytest.raises(WeightsError, match=r"vgg16\.weights\.h5"):
        load_backbone(CATALOG["vgg16"], 32, tmp_path)


def test_keras_own_file_name_comes_first(tmp_path: Path) -> None:
    for name in ("vgg16.weights.h5", CATALOG["vgg16"].weights_file, "vgg16bn.h5"):
        (tmp_path / name).touch()

    found = find_weights_file(CATALOG["vgg16"], tmp_path)

    assert found is not None
    assert found.name == CATALOG["vgg16"].weights_file


def test_too_small_images_are_refused_with_both_sizes(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="32 px or more; received 16 px"):
        load_backbone(CATALOG["vgg16"], 16, tmp_path)


def test_an_npz_with_a_wrong_shape_names_the_layer_and_both_shapes(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", **{"stem_conv/kernel": np.zeros((1, 1, 3, 32))})

    with pytest.raises(WeightsError, match=r"stem_conv/kernel.*\(1, 1, 3, 32\).*\(3, 3, 3, 32\)"):
        EfficientNetLite0(weights=str(tmp_path / "weights.npz"), input_shape=(32, 32, 3))


def test_an_npz_in_the_weights_folder_comes_before_the_bundled_one(tmp_path: Path) -> None:
    spec = CATALOG["efficientnet_lite0"]
    donor = EfficientNetLite0(input_shape=(32, 32, 3))
    arrays = {f"{x.name}/{w.name}": np.array(w) for x in donor.layers for w in x.weights}
    np.savez(tmp_path / "efficientnet_lite0-mine.npz", **arrays)

    model = load_backbone(spec, 32, tmp_path)

    np.testing.assert_array_equal(
        model.get_layer("stem_conv").kernel, donor.get_layer("stem_conv").kernel
    )


def test_a_damaged_npz_is_named(tmp_path: Path) -> None:
    (tmp_path / "efficientnet_lite0.npz").write_bytes(b"PK\x03\x04 cut off")

    with pytest.raises(WeightsError, match=r"efficientnet_lite0\.npz cannot be read"):
        load_backbone(CATALOG["efficientnet_lite0"], 32, tmp_path)


def test_vgg16_loads_real_weights(tmp_path: Path) -> None:
    if not SHARED_VGG16.exists():
        pytest.skip(f"VGG16's weights are not at {SHARED_VGG16}")
    (tmp_path / "vgg16.weights.h5").symlink_to(SHARED_VGG16)

    model = load_backbone(CATALOG["vgg16"], 32, tmp_path)

    assert model.count_params() == 14_714_688
    assert float(np.std(model.get_layer("block1_conv1").kernel)) > 0.1
