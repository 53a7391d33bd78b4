"""Varies training images with Keras' layers, each by a seed of its own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from core.config import Augmentation

Array = np.ndarray[Any, Any]
_RANGE = (0, 255)


class Augmenter:
    """Varies images; what becomes of one depends on its pixels and its seed alone.

    So an image comes out the same in any batch, and training goes on as if it had never stopped.

    Args:
        ranges: How far each change may go.
    """

    def __init__(self, ranges: Augmentation) -> None:
        self._layers = augmentation_layers(ranges)
        self._vary_all = tf.function(self._each, autograph=False, reduce_retracing=True)

    def __call__(self, images: Array, seeds: Array) -> Array:
        """Varies images.

        Args:
            images: uint8 `(images, height, width, 3)`, RGB in [0, 255].
            seeds: int64 `(images,)`.

        Returns:
            uint8 of the same shape.
        """
        varied: Array = self._vary_all(tf.constant(images), tf.constant(seeds)).numpy()
        return varied

    def _each(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(self._one, (images, seeds), fn_output_signature=tf.uint8)

    def _one(self, of_one: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        image, seed = of_one
        image = tf.cast(image, tf.float32)
        for number, layer in enumerate(self._layers):
            layer.generator.state.assign(tf.stack([seed, number * 1000]))
            image = layer(image, training=True)
        return tf.cast(tf.round(image), tf.uint8)


def augmentation_layers(ranges: Augmentation) -> list[keras.layers.Layer]:
    """The layers that change anything, in the order of use; they take RGB in [0, 255]."""
    found = []
    if ranges.flip:
        found.append(layers.RandomFlip("horizontal"))
    if ranges.rotation:
        found.append(layers.RandomRotation(ranges.rotation))
    if ranges.zoom:
        found.append(layers.RandomZoom(ranges.zoom))
    if ranges.translation:
        found.append(layers.RandomTranslation(ranges.translation, ranges.translation))
    if ranges.contrast:
        found.append(layers.RandomContrast(ranges.contrast, value_range=_RANGE))
    if ranges.brightness:
        found.append(layers.RandomBrightness(ranges.brightness, value_range=_RANGE))
    return found


def row_seeds(seed: int, use: int, draw: int, rows: int) -> Array:
    """A seed for each training image.

    Args:
        seed: The run's.
        use: Tells apart what is drawn.
        draw: Number of the view, or of the epoch.
        rows: Training images.

    Returns:
        int64 `(rows,)`.
    """
    return np.random.default_rng([seed, use, draw]).integers(2**31, size=rows)
