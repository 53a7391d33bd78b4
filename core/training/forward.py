"""From image files to the outputs of frozen layers: decoding, and the graph up to the cuts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from core.backbones.graph import step_output
from core.datasets.scanned import ScannedImage

# Small batches keep a layer's output in the processor's cache; see benchmarks.
PASS_BATCH = 16

Forward = Callable[[Any], list[tf.Tensor]]


class Variation(Protocol):
    """Changes decoded images before their features are computed."""

    @property
    def facts(self) -> dict[str, Any]:
        """All that decides what becomes of an image: a part of the key."""

    def vary(self, first: int, images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Changes uint8 `(images, height, width, 3)`, of which `first` is the first one's row."""


@dataclass(frozen=True)
class ImageList:
    """The images that features belong to, in order.

    Attributes:
        files: As they were scanned.
        variation: What is done to each; None for nothing.
    """

    files: Sequence[ScannedImage]
    variation: Variation | None = None

    def __len__(self) -> int:
        return len(self.files)

    @property
    def hashes(self) -> list[str]:
        """SHA-256 of each file: features follow the content, not the name."""
        return [file.sha256 for file in self.files]

    def chosen(self, rows: np.ndarray[Any, Any]) -> ImageList:
        """Those with the given indices."""
        return ImageList([self.files[row] for row in rows])


def computed(
    forward: Forward, images: ImageList, size: int, start: int, stop: int
) -> Iterator[tuple[int, list[np.ndarray[Any, Any]]]]:
    """Computes the features of the images from `start` to before `stop`, batch by batch.

    Args:
        forward: Of `forward_to`.
        images: All images.
        size: Their height and width for the model, in pixels.
        start: Index of the first.
        stop: Index behind the last.

    Yields:
        `(index of the batch's first image, for each tap an array of one row an image)`.

    Raises:
        InvalidImageError: If a file has changed since its scan, or is gone.
    """
    for place, batch in _decoded_batches(images.files[start:stop], size):
        first = start + place
        if images.variation:
            batch = images.variation.vary(first, batch)
        yield first, [output.numpy()[: len(batch)] for output in forward(_padded(batch))]


def forward_to(model: keras.Model, taps: Sequence[str]) -> Forward:
    """The graph from decoded images to the taps' outputs, traced for one batch shape."""
    size = int(model.inputs[0].shape[1])
    outputs = [step_output(model, tap) for tap in taps]
    prefix = keras.Model(model.inputs[0], outputs)
    shape = (PASS_BATCH, size, size, 3)

    def forward(batch: tf.Tensor) -> list[tf.Tensor]:
        outputs = prefix(tf.cast(batch, tf.float32), training=False)
        return list(tf.nest.flatten(outputs))  # one output comes without a list

    compiled: Forward = tf.function(
        forward, input_signature=[tf.TensorSpec(shape, tf.uint8)], autograph=False
    )
    return compiled


def frozen_part(
    model: keras.Model, tap: str
) -> Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """The function from decoded images, uint8 and however many, to the output of `tap`."""
    forward = forward_to(model, [tap])

    def compute(images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        parts = [images[i : i + PASS_BATCH] for i in range(0, len(images), PASS_BATCH)]
        outputs = [forward(_padded(part))[0].numpy()[: len(part)] for part in parts]
        return np.concatenate(outputs)

    return compute


def _decoded_batches(
    files: Sequence[ScannedImage], image_size: int
) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Decodes on all cores, two batches ahead of the network.

    Yields:
        `(index of the first image, uint8 (images, image_size, image_size, 3))`.
    """
    starts = range(0, len(files), PASS_BATCH)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        waiting: list[tuple[int, list[Future[np.ndarray[Any, Any]]]]] = []
        try:
            for first in starts:
                part = files[first : first + PASS_BATCH]
                waiting.append((first, [pool.submit(file.decode, image_size) for file in part]))
                if len(waiting) > 2:
                    yield _collect(*waiting.pop(0))
            while waiting:
                yield _collect(*waiting.pop(0))
        finally:
            pool.shutdown(cancel_futures=True)


def _collect(
    first: int, futures: Sequence[Future[np.ndarray[Any, Any]]]
) -> tuple[int, np.ndarray[Any, Any]]:
    return first, np.stack([future.result() for future in futures])


def _padded(batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Fills the last batch up, so that the graph is traced once."""
    short = PASS_BATCH - len(batch)
    return np.concatenate([batch, np.repeat(batch[-1:], short, axis=0)]) if short else batch
