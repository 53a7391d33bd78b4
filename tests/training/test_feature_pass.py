"""One pass computes what the frozen layers give, once for each image."""

import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from core.backbones.graph import step_output
from core.datasets import Dataset
from core.datasets.scanned import ScannedImage
from core.errors import ChangedFileError
from core.training import feature_pass
from core.training.data import training_data
from core.training.feature_pass import compute_features, tap_file
from core.training.feature_store import FeatureStore
from core.training.forward import ImageList
from tests.decoded import decode

TAPS = ("head_pool", "block2_relu")


def ignore(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def both(compute: Callable, model: keras.Model, images: ImageList, store: FeatureStore) -> list:
    file, also = compute(model, TAPS[0], images, store, ignore, also=TAPS[1:])
    return [file, *also]


@pytest.fixture
def images(make_dataset: Callable[..., Dataset]) -> ImageList:
    return training_data(make_dataset(per_class=15)).images


def test_stored_values_are_what_the_layers_give(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    model = tiny_model()
    files = both(compute_features, model, images, FeatureStore(tmp_path))
    pixels = np.stack([file.decode(16) for file in images.files]).astype("float32")

    for tap, file in zip(TAPS, files, strict=True):
        expected = keras.Model(model.inputs[0], step_output(model, tap)).predict(pixels, verbose=0)
        np.testing.assert_allclose(file.read(), expected, atol=1e-5)


def test_all_taps_cost_one_pass_and_the_second_time_none(
    tiny_model: Callable[..., keras.Model],
    images: ImageList,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded: list[str] = []
    decode = ScannedImage.decode

    def counting(file: ScannedImage, image_size: int) -> np.ndarray:
        decoded.append(file.name)
        return decode(file, image_size)

    monkeypatch.setattr(ScannedImage, "decode", counting)
    store = FeatureStore(tmp_path)
    both(compute_features, tiny_model(), images, store)
    first = len(decoded)
    both(compute_features, tiny_model(), images, store)

    assert first == len(images)
    assert len(decoded) == first


def test_a_pass_that_was_cut_off_goes_on_and_gives_the_same(
    tiny_model: Callable[..., keras.Model],
    images: ImageList,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class CutOffError(Exception):
        pass

    def cut_off(done: int, total: int) -> None:
        if done >= 32:
            raise CutOffError

    monkeypatch.setattr(feature_pass, "FLUSH_SECONDS", 0.0)
    model, store = tiny_model(), FeatureStore(tmp_path / "cut")
    with pytest.raises(CutOffError):
        compute_features(model, "head_pool", images, store, cut_off)
    assert tap_file(store, model, "head_pool", images).rows_done == 32

    seen: list[int] = []
    resumed, _ = compute_features(model, "head_pool", images, store, lambda d, t: seen.append(d))
    whole, _ = compute_features(
        model, "head_pool", images, FeatureStore(tmp_path / "whole"), ignore
    )

    assert seen[0] > 32
    np.testing.assert_array_equal(resumed.read(), whole.read())


def test_the_key_follows_weights_images_and_size(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path)
    model, changed = tiny_model(), tiny_model()
    changed.get_layer("block1_conv").kernel.assign_add(
        np.full(changed.get_layer("block1_conv").kernel.shape, 1e-6, np.float32)
    )
    other = ImageList([*images.files[:-1], images.files[-1]._replace(sha256="another file")])

    keys = [
        tap_file(store, model, "block2_relu", images).path,
        tap_file(store, changed, "block2_relu", images).path,
        tap_file(store, model, "block2_relu", other).path,
        tap_file(store, model, "block1_relu", images).path,
        tap_file(store, model, "block2_relu", images, "float16").path,
    ]

    assert len(set(keys)) == 5
    assert tap_file(store, tiny_model(), "block2_relu", images).path == keys[0]


def test_the_key_follows_settings_that_no_weight_shows(images: ImageList, tmp_path: Path) -> None:
    def scaled(scale: float, name: str) -> keras.Model:
        image = keras.Input((16, 16, 3), name="image")
        return keras.Model(image, keras.layers.Rescaling(scale, name=name)(image))

    keys = [
        tap_file(FeatureStore(tmp_path), scaled(scale, name), name, images).path
        for scale, name in ((1.0, "a"), (0.5, "a"), (1.0, "b"))
    ]

    assert keys[0] != keys[1]
    assert keys[0] == keys[2], "a layer's name changes nothing"


def test_the_key_ignores_weights_behind_the_tap(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    store, model, changed = FeatureStore(tmp_path), tiny_model(), tiny_model()
    changed.get_layer("block3_conv").kernel.assign_add(
        np.ones(changed.get_layer("block3_conv").kernel.shape, np.float32)
    )

    same = tap_file(store, changed, "block2_relu", images).path

    assert same == tap_file(store, model, "block2_relu", images).path


def test_images_themselves_are_stored_as_bytes(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    file = compute_features(tiny_model(), "image", images, FeatureStore(tmp_path), ignore)[0]

    assert file.read().dtype == np.uint8
    np.testing.assert_array_equal(file.read()[3], decode(images.files[3].path, 16))


def test_a_file_that_vanished_is_named(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    from core.errors import UnfreezeError

    shutil.move(images.files[5].path, tmp_path / "elsewhere.png")

    with pytest.raises(UnfreezeError, match=images.files[5].name):
        compute_features(tiny_model(), "image", images, FeatureStore(tmp_path), ignore)


def test_an_exchanged_file_leaves_no_features_and_once_it_is_back_the_pass_goes_on(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    store, path = FeatureStore(tmp_path), images.files[40].path
    whole = path.read_bytes()
    path.write_bytes(images.files[3].path.read_bytes())
    with pytest.raises(ChangedFileError, match=images.files[40].name):
        compute_features(tiny_model(), "image", images, store, ignore)
    path.write_bytes(whole)

    stored = compute_features(tiny_model(), "image", images, store, ignore)[0].read()

    np.testing.assert_array_equal(stored, [file.decode(16) for file in images.files])


def test_what_is_only_for_later_is_left_out_where_there_is_no_room(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    head_pool = len(images) * 8 * 4
    store = FeatureStore(tmp_path, budget=head_pool + 1000)

    file, later = compute_features(
        tiny_model(), "head_pool", images, store, ignore, also=["block2_relu"]
    )

    assert file.complete
    assert later == []


def test_no_room_for_what_is_needed_is_told_with_both_sizes(
    tiny_model: Callable[..., keras.Model], images: ImageList, tmp_path: Path
) -> None:
    from core.errors import UnfreezeError

    with pytest.raises(UnfreezeError, match="UNFREEZE_MAX_FEATURES_BYTES"):
        compute_features(tiny_model(), "image", images, FeatureStore(tmp_path, 100), ignore)
