"""Heat maps by Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391).

The channels of the last feature map before the head are summed, each weighted by how much the
class's logit rises with it, and what is negative is cut off. The logit, not the probability: where
a model is sure, the probability no longer changes and its gradient is next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from core.backbones.blocks import HEAD_PREFIX, backbone_steps
from core.backbones.graph import Step, cut_points, graph_steps
from core.datasets.scanned import ScannedImage
from core.errors import InvalidImageError

# Three by three fields do not tell where in an image something is; then an earlier map is taken.
MIN_SIDE = 4
# A map much finer than the last lies at the beginning, where there are only edges.
MAX_FINER = 4

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class HeatMapper:
    """A model, cut at its feature map.

    Attributes:
        layer: Name of the operation whose output is the map.
        front: From images to the map.
        rest: From the map to what the last layer takes.
        last: The last layer: its weights make the logits.
    """

    layer: str
    front: keras.Model
    rest: keras.Model
    last: keras.layers.Dense

    def heat(self, images: npt.NDArray[np.uint8], labels: Labels) -> Floats:
        """Evidence for a class in each image.

        Args:
            images: uint8 `(n, image_size, image_size, 3)`, RGB.
            labels: int64 `(n,)`, the class to look for in each.

        Returns:
            float32 `(n, height, width)` in [0, 1], in the size of the feature map; each image's
            hottest place is 1, and all are 0 where nothing spoke for the class.
        """
        maps = self.front(images.astype(np.float32), training=False)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            logits = self._logits(self.rest(maps, training=False), labels)
        slopes = tf.cast(tape.gradient(logits, maps), tf.float32)
        weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
        heat = tf.nn.relu(tf.reduce_sum(weights * tf.cast(maps, tf.float32), axis=-1)).numpy()
        most = heat.max(axis=(1, 2), keepdims=True)
        shares: Floats = np.divide(heat, most, out=np.zeros_like(heat), where=most > 0)
        return shares

    def _logits(self, inputs: tf.Tensor, labels: Labels) -> tf.Tensor:
        """The logit of each image's class; a sigmoid's one logit speaks for the second class."""
        logits = tf.cast(inputs, tf.float32) @ self.last.kernel + self.last.bias
        if logits.shape[-1] == 1:
            return logits[:, 0] * tf.constant(2.0 * labels - 1.0, tf.float32)
        return tf.gather(logits, labels, batch_dims=1)


def explain(
    mapper: HeatMapper, files: Sequence[ScannedImage], labels: Labels, image_size: int
) -> Floats:
    """Evidence for several classes in each image.

    Args:
        mapper: The model.
        files: Image files.
        labels: int64 `(n, classes asked for)`.
        image_size: Height and width that the model takes, in pixels.

    Returns:
        float32 `(n, classes asked for, height, width)` as of `HeatMapper.heat`; NaN for an image
        that has changed since its scan or cannot be read.
    """
    images = np.zeros((len(files), image_size, image_size, 3), np.uint8)
    unreadable = np.zeros(len(files), bool)
    for place, file in enumerate(files):
        try:
            images[place] = file.decode(image_size)
        except InvalidImageError:
            unreadable[place] = True
    found: Floats = np.stack([mapper.heat(images, column) for column in labels.T], axis=1)
    found[unreadable] = np.nan
    return found


def heat_mapper(model: keras.Model, min_side: int = MIN_SIDE) -> HeatMapper:
    """Cuts a composed model at the feature map to explain.

    Args:
        model: A composed model, with any head.
        min_side: Least height and width of the map: of the cuts that have it, the last is taken.

    Returns:
        The model's parts; they share its weights.
    """
    step = _map_step(model, min_side)
    last = model.get_layer(f"{HEAD_PREFIX}output")
    return HeatMapper(
        layer=step.name,
        front=keras.Model(model.inputs[0], step.output, name="to_the_map"),
        rest=keras.Model(step.output, last.input, name="from_the_map"),
        last=last,
    )


def _map_step(model: keras.Model, min_side: int) -> Step:
    steps = graph_steps(model)
    backbone = {step.name for step in backbone_steps(model)}
    cuts = [steps[i] for i in cut_points(steps) if steps[i].name in backbone]
    # Padding belongs to the convolution after it: its map is shifted against the image.
    padding = keras.layers.ZeroPadding2D
    maps = [s for s in cuts if len(s.output.shape) == 4 and not isinstance(s.operation, padding)]
    # What the head takes comes last; without a finer one nearby, it must do.
    nearby = MAX_FINER * min(maps[-1].output.shape[1:3])
    fine = [step for step in maps if min_side <= min(step.output.shape[1:3]) <= nearby]
    return (fine or maps)[-1]
