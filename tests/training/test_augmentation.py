"""Varied images, and where training takes them from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from core.backbones.graph import step_output
from core.config import Augmentation, TrainingConfig
from core.datasets import Dataset
from core.jobs.reporter import Reporter
from core.training.augmentation import Augmenter, row_seeds
from core.training.data import TrainingData, training_data
from core.training.feature_pass import tap_file
from core.training.feature_store import FeatureStore
from core.training.varied import Live, StoredViews, View, varied_inputs
from tests.decoded import decode

UNCHANGED = Augmentation("views", 3, False, 0.0, 0.0, 0.0, 0.0, 0.0)
CONFIG = TrainingConfig(seed=3, augmentation=Augmentation("views", views=3))
TAP = "block2_relu"


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(60, 190, (6, 12, 12, 3)).astype("uint8")


def varied(images: np.ndarray, **ranges: object) -> np.ndarray:
    return Augmenter(replace(UNCHANGED, **ranges))(images, row_seeds(0, 1, 1, len(images)))


def test_a_flip_mirrors_some_images_and_leaves_the_others(images: np.ndarray) -> None:
    found = varied(images, flip=True)
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(found, images, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(found, images, strict=True)]

    assert all(one != other for one, other in zip(mirrored, same, strict=True))
    assert any(mirrored)
    assert any(same)


def test_brightness_adds_the_same_to_every_pixel_of_an_image(images: np.ndarray) -> None:
    change = varied(images, brightness=0.2).astype(int) - images
    added = change[:, 0, 0, 0]

    assert (np.abs(change - added[:, None, None, None]) <= 0).all()
    assert len(set(added.tolist())) > 3
    assert np.abs(added).max() <= 51


def test_contrast_changes_the_distance_from_the_mean(images: np.ndarray) -> None:
    found = varied(images, contrast=0.3)
    spread = found.std(axis=(1, 2)) / images.std(axis=(1, 2))

    np.testing.assert_allclose(found.mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=0.5)
    np.testing.assert_allclose(spread, spread.mean(axis=1, keepdims=True) * np.ones(3), atol=0.02)
    assert np.ptp(spread[:, 0]) > 0.1


@pytest.mark.parametrize("name", ["rotation", "zoom", "translation"])
def test_a_place_moves_and_nothing_else(images: np.ndarray, name: str) -> None:
    found = varied(images, **{name: 0.2})

    assert not np.array_equal(found, images)
    # A plain image looks the same wherever its pixels move.
    plain = np.full_like(images, 77)
    np.testing.assert_array_equal(varied(plain, **{name: 0.2}), plain)


def test_an_image_comes_out_the_same_in_any_batch(images: np.ndarray) -> None:
    augmenter, seeds = Augmenter(Augmentation()), row_seeds(3, 1, 1, 6)
    together = augmenter(images, seeds)
    some = augmenter(images[[4, 1]], seeds[[4, 1]])

    np.testing.assert_array_equal(some, together[[4, 1]])
    assert not np.array_equal(together, augmenter(images, row_seeds(3, 1, 2, 6)))
    np.testing.assert_array_equal(varied(images), images)


def test_each_epoch_draws_one_view_of_every_image() -> None:
    unchanged = np.arange(20.0)[:, None]
    rows = np.arange(0, 20, 2)
    stored = StoredViews(unchanged, rows, [np.full((10, 1), 100.0), np.full((10, 1), 200.0)], 5)
    chosen = np.arange(10)[::-1]
    epochs = [stored.take(chosen, epoch)[:, 0] for epoch in range(1, 21)]

    plain = rows[chosen]
    assert all(((e == plain) | (e == 100) | (e == 200)).all() for e in epochs)
    shares = [np.mean([e == value for e in epochs]) for value in (plain, 100.0, 200.0)]
    np.testing.assert_allclose(shares, 1 / 3, atol=0.1)
    # In the middle of an epoch too, as a fit that goes on asks for it.
    np.testing.assert_array_equal(stored.take(chosen[3:7], 4)[:, 0], epochs[3][3:7])


@pytest.fixture
def data(make_dataset: Callable[..., Dataset]) -> TrainingData:
    return training_data(make_dataset(per_class=5))


def decoded(data: TrainingData, split: str) -> np.ndarray:
    return np.stack([decode(data.images.files[row].path, 16) for row in data.rows[split]])


def test_views_of_training_images_are_computed_once(
    tiny_model: Callable[..., keras.Model],
    data: TrainingData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, store = tiny_model(), FeatureStore(tmp_path / "features")
    unchanged = np.zeros((len(data.images), 4, 4, 6), np.float32)
    arguments = (model, (TAP, "block1_relu"), data, unchanged, CONFIG, store, Reporter(tmp_path))
    inputs, files = varied_inputs(*arguments)

    assert isinstance(inputs, StoredViews)
    assert [f.shape[0] for f in files] == [len(data.rows["train"])] * 4
    prefix = keras.Model(model.inputs[0], step_output(model, TAP))
    augmenter = Augmenter(CONFIG.augmentation)
    for number, file in ((1, files[0]), (2, files[2])):
        seeds = row_seeds(CONFIG.seed, 1, number, file.shape[0])
        expected = prefix.predict_on_batch(augmenter(decoded(data, "train"), seeds))
        np.testing.assert_allclose(file.read(), expected, atol=1e-5)

    monkeypatch.setattr("core.training.feature_pass._run_pass", None)
    assert [f.path for f in varied_inputs(*arguments)[1]] == [f.path for f in files]


def test_a_key_follows_what_is_done_to_an_image(
    tiny_model: Callable[..., keras.Model], data: TrainingData, tmp_path: Path
) -> None:
    model, store = tiny_model(), FeatureStore(tmp_path / "features")

    def key(ranges: Augmentation, seed: int = 3, number: int = 1) -> str:
        view = View(Augmenter(ranges), ranges, seed, number, 9)
        images = replace(data.training_images(), variation=view)
        return tap_file(store, model, TAP, images).path.name

    first = Augmentation("views", views=3)
    changed = [key(replace(first, zoom=0.2)), key(first, seed=4), key(first, number=2)]
    plain = tap_file(store, model, TAP, data.training_images()).path.name
    assert len({key(first), plain, *changed}) == 5
    assert key(replace(first, views=9)) == key(first), "more views begin with those of fewer"


def test_live_images_are_new_in_every_epoch(
    tiny_model: Callable[..., keras.Model], data: TrainingData, tmp_path: Path
) -> None:
    model = tiny_model()
    config = replace(CONFIG, augmentation=Augmentation("live"))
    store = FeatureStore(tmp_path / "features")
    live, files = varied_inputs(model, (TAP,), data, np.empty(0), config, store, Reporter(tmp_path))
    assert isinstance(live, Live)
    assert not files
    chosen = np.array([5, 0, 3])
    seeds = row_seeds(config.seed, 2, 7, len(data.rows["train"]))[chosen]
    prefix = keras.Model(model.inputs[0], step_output(model, TAP))
    pixels = Augmenter(config.augmentation)(decoded(data, "train")[chosen], seeds)

    inputs = live.take(chosen, 7)
    np.testing.assert_allclose(inputs, prefix.predict_on_batch(pixels), atol=1e-5)
    assert not np.allclose(inputs, live.take(chosen, 8))


def test_what_is_held_out_keeps_its_images_and_labels(data: TrainingData) -> None:
    kept = data.held_out()

    assert len(kept.images) == len(data.rows["val"]) + len(data.rows["test"])
    for split in ("val", "test"):
        ours, theirs = kept.rows[split], data.rows[split]
        assert [kept.names[row] for row in ours] == [data.names[row] for row in theirs]
        assert kept.labels[ours].tolist() == data.labels[theirs].tolist()
        assert [kept.images.hashes[r] for r in ours] == [data.images.hashes[r] for r in theirs]
