"""Heat maps are sane: they lie on what decides the class, and follow the weights.

The task: four squares, one in each quarter; the class is the colour of one of them, the three
others have colours that mean nothing. Where that one lies is known.
"""

import keras
import numpy as np
import pytest
from keras import layers

from core.backbones.compose import add_head, preprocess
from core.config import HeadConfig
from core.training.heatmaps import HeatMapper, heat_mapper

SIZE = 32
COLOURS = np.array([(220, 40, 40), (40, 80, 220), (40, 190, 70)], np.float32)
NO_MEANING = np.array([(230, 210, 60), (210, 60, 210), (235, 235, 235), (20, 20, 20)], np.float32)


def task(images: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images uint8 `(n, 32, 32, 3)`, labels, and the quarter (0..3, row by row) of each."""
    random = np.random.default_rng(seed)
    pixels = np.full((images, SIZE, SIZE, 3), 128, np.float32)
    labels = random.integers(0, classes, images)
    quarters = random.integers(0, 4, images)
    for image, label, telling in zip(pixels, labels, quarters, strict=True):
        for quarter in range(4):
            y, x = np.array(divmod(quarter, 2)) * (SIZE // 2) + random.integers(2, 7, 2)
            told = COLOURS[label] if quarter == telling else NO_MEANING[random.integers(0, 4)]
            image[y : y + 8, x : x + 8] = told
    noise = random.normal(0, 12, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8), labels, quarters


def build(classes: int, head: str) -> keras.Model:
    """A small backbone with a head of the app, all of it trainable."""
    keras.utils.set_random_seed(3)
    image = keras.Input((SIZE, SIZE, 3), name="image")
    x = preprocess(image, "tf")
    for number, (filters, stride) in enumerate(((12, 1), (16, 2), (16, 2)), start=1):
        x = layers.Conv2D(filters, 3, stride, padding="same", name=f"block{number}_conv")(x)
        x = layers.BatchNormalization(name=f"block{number}_bn")(x)
        x = layers.ReLU(name=f"block{number}_relu")(x)
    config = HeadConfig("d", "v", image_size=SIZE, head=head, hidden_units=32, dropout=0.2)
    return keras.Model(image, add_head(x, config, classes))


def trained(classes: int, head: str) -> keras.Model:
    model = build(classes, head)
    pixels, labels, _ = task(400, classes, seed=1)
    loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(5e-3), loss)
    model.fit(pixels.astype(np.float32), labels, 32, epochs=8, verbose=0)
    return model


def in_quarter(heat: np.ndarray, quarters: np.ndarray) -> np.ndarray:
    """Share of each image's heat that lies in its quarter, float64 `(n,)`."""
    n, side = len(heat), heat.shape[1] // 2
    sums = heat.reshape(n, 2, side, 2, side).sum((2, 4)).reshape(n, 4)
    return sums[np.arange(n), quarters] / np.maximum(sums.sum(1), 1e-9)


def share_right(mapper: HeatMapper, classes: int) -> float:
    """Share of new images with more than half of the heat in the square's quarter."""
    pixels, labels, quarters = task(200, classes, seed=2)
    return float((in_quarter(mapper.heat(pixels, labels), quarters) > 0.5).mean())


@pytest.mark.parametrize(("classes", "head"), [(2, "light"), (3, "classic")])
def test_the_heat_lies_on_what_decides_the_class(classes: int, head: str) -> None:
    learned, random = heat_mapper(trained(classes, head)), heat_mapper(build(classes, head))

    assert share_right(learned, classes) >= 0.9
    # Adebayo et al. 2018, https://arxiv.org/abs/1810.03292: without what was learned, no such map.
    assert share_right(random, classes) <= 0.5


def test_heat_is_a_share_of_the_hottest_place() -> None:
    pixels, labels, _ = task(6, 3, seed=4)
    heat = heat_mapper(build(3, "light")).heat(pixels, labels)

    assert heat.shape == (6, 8, 8)
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    assert set(heat.max(axis=(1, 2)).tolist()) <= {0.0, 1.0}


def test_a_map_too_coarse_to_point_is_left_for_the_one_before_it() -> None:
    model = build(3, "light")

    assert heat_mapper(model).layer == "block3_relu"
    assert heat_mapper(model, min_side=9).layer == "block2_relu"
    assert heat_mapper(model, min_side=99).layer == "block3_relu"
