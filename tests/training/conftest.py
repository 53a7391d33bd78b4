"""A tiny backbone that stands in for a real one."""

from collections.abc import Callable

import keras
import pytest
from keras import layers

from core.backbones.compose import add_head, preprocess
from core.config import HeadConfig


@pytest.fixture
def tiny_model() -> Callable[..., keras.Model]:
    """Builds a composed model of three blocks with BatchNorm, 16 px, the same every time."""

    def build(classes: int = 3) -> keras.Model:
        keras.utils.set_random_seed(7)
        image = keras.Input((16, 16, 3), name="image")
        x = preprocess(image, "tf")
        for number, filters in enumerate((4, 6, 8), start=1):
            name = f"block{number}"
            x = layers.Conv2D(filters, 3, 2, padding="same", name=f"{name}_conv")(x)
            x = layers.BatchNormalization(name=f"{name}_bn")(x)
            x = layers.ReLU(name=f"{name}_relu")(x)
        config = HeadConfig("d", "v", image_size=16, dropout=0.3)
        return keras.Model(image, add_head(x, config, classes), name="classifier")

    return build
