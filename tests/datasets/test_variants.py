"""Variants that the page draws, against the Keras layers that training uses."""

from typing import Any

import keras
import numpy as np
import pytest

from core.config import Augmentation
from core.datasets.variants import Variant, draw_variant, varied

SIDE = 40
# Smooth, so that a difference of a pixel's place would be seen and one of rounding would not.
ROWS, COLUMNS = np.mgrid[0:SIDE, 0:SIDE]
IMAGE = np.stack(
    [5 * ROWS, 5 * COLUMNS, 128 + 60 * np.sin(ROWS / 6) * np.cos(COLUMNS / 9)], axis=-1
).astype(np.uint8)
RANGES = Augmentation(rotation=0.1, zoom=0.3, translation=0.2, contrast=0.4, brightness=0.3)
LAYERS = keras.layers


@pytest.mark.parametrize(
    ("layer", "variant"),
    [
        (LAYERS.RandomRotation((0.1, 0.1), fill_mode="reflect"), Variant(turn=0.1)),
        (LAYERS.RandomZoom((0.3, 0.3), fill_mode="reflect"), Variant(zoom=1.3)),
        (LAYERS.RandomZoom((-0.3, -0.3), fill_mode="reflect"), Variant(zoom=0.7)),
        (
            LAYERS.RandomTranslation((0.2, 0.2), (-0.1, -0.1), fill_mode="reflect"),
            Variant(down=0.2, right=-0.1),
        ),
        (LAYERS.RandomBrightness((-0.3, -0.3), value_range=(0, 255)), Variant(brightness=-0.3)),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
def test_one_change_is_that_of_the_layer(layer: Any, variant: Variant) -> None:
    """A range of one value leaves the layer nothing to draw."""
    expected = np.asarray(layer(IMAGE[None].astype("float32"), training=True))[0]

    difference = np.abs(varied(IMAGE, variant).astype(float) - expected)

    assert difference.mean() < 1.0
    assert np.abs(varied(IMAGE, Variant()).astype(float) - expected).mean() > 10


def test_contrast_is_that_of_the_layer() -> None:
    layer = LAYERS.RandomContrast(0.4, value_range=(0, 255))
    expected = layer.transform_images(IMAGE.astype("float32"), {"contrast_factor": 0.6})

    got = varied(IMAGE, Variant(contrast=0.6))

    assert np.abs(got - np.asarray(expected)).max() <= 1
    assert got[..., 0].std() == pytest.approx(0.6 * IMAGE[..., 0].std(), rel=0.01)


def test_a_mirrored_image_is_mirrored() -> None:
    assert (varied(IMAGE, Variant(flipped=True)) == IMAGE[:, ::-1]).all()


def test_drawn_values_fill_their_ranges_and_never_leave_them() -> None:
    random = np.random.default_rng(0)
    drawn = [draw_variant(RANGES, random) for _ in range(500)]

    for name, middle, limit in (
        ("turn", 0, 0.1),
        ("zoom", 1, 0.3),
        ("right", 0, 0.2),
        ("down", 0, 0.2),
        ("contrast", 1, 0.4),
        ("brightness", 0, 0.3),
    ):
        far = np.abs([getattr(variant, name) - middle for variant in drawn])
        assert 0.95 * limit < far.max() <= limit
    assert 200 < sum(variant.flipped for variant in drawn) < 300
    assert not any(draw_variant(Augmentation(flip=False), random).flipped for _ in range(50))
