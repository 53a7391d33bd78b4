"""Batches of stored features in an order that depends on the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

Array = np.ndarray[Any, Any]


class Varied(Protocol):
    """Gives the inputs of a training step in place of the stored ones."""

    def take(self, chosen: Array, epoch: int) -> Array:
        """Inputs of training images; they depend on the seed, the epoch and the image alone.

        Args:
            chosen: Places among the training images, int64 `(batch,)`.
            epoch: From 1.

        Returns:
            float32 `(batch, ...)`.
        """


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Feeds `fit` with rows of an array that may be larger than memory.

    Args:
        features: Array `(images, ...)`, memory-mapped or not.
        rows: Indices of the rows that belong to this split.
        labels: int64 `(rows,)`.
        batch_size: Rows in one batch; the last one may be smaller.
        seed: With it, each epoch has its own order; without it, rows keep theirs.
        devices: How many share a batch, to equal parts: its size is rounded up to a multiple of
            them, and the last batch is filled up with the first rows of the epoch.
        varied: Gives varied inputs in place of the features.

    Attributes:
        labels: As given.
    """

    def __init__(
        self,
        features: Array,
        rows: Sequence[int] | Array,
        labels: Array,
        batch_size: int,
        seed: int | None = None,
        devices: int = 1,
        varied: Varied | None = None,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._features = features
        self._rows = np.asarray(rows, dtype=np.int64)
        self.labels = labels
        self._batch_size = -(-batch_size // devices) * devices
        self._seed = seed
        self._devices = devices
        self._varied = varied
        self._epoch = 0
        self._first = 0
        self._order = self._ordered()

    @property
    def in_epoch(self) -> int:
        """Batches of a whole epoch."""
        return -(-len(self._rows) // self._batch_size)

    def __len__(self) -> int:
        return self.in_epoch - self._first

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        """One batch: float32 `(batch, ...)` and its labels `(batch,)`."""
        begin = (self._first + index) * self._batch_size
        chosen = self._order[begin : begin + self._batch_size]
        if missing := -len(chosen) % self._devices:
            chosen = np.append(chosen, np.resize(self._order, missing))
        if self._varied:
            return self._varied.take(chosen, self._epoch), self.labels[chosen]
        inputs = np.asarray(self._features[self._rows[chosen]], dtype=np.float32)
        return inputs, self.labels[chosen]

    def begin(self, epoch: int, first: int = 0) -> None:
        """Goes to an epoch, and inside it to a batch.

        Args:
            epoch: From 1.
            first: Batches of that epoch that are left out because they are done.
        """
        self._epoch, self._first = epoch, first
        self._order = self._ordered()

    def on_epoch_end(self) -> None:
        """Goes on to the next epoch; Keras calls it before the first one too."""
        self.begin(self._epoch + 1)

    def _ordered(self) -> Array:
        if self._seed is None:
            return np.arange(len(self._rows))
        return np.random.default_rng([self._seed, self._epoch]).permutation(len(self._rows))


class Feed(PyDatasetAdapter):  # type: ignore[misc]
    """Gives batches to `fit` and `evaluate` as Keras itself would, but without tf.data's tuning.

    Its thread looks at a pipeline after 10 ms and then after twice as long each time, up to a
    minute, and may miss that the pipeline has ended: then the end of an epoch waits for its next
    look. Rows of an array have nothing to tune.

    Args:
        x: The batches.
        class_weight: Weight by label; Keras takes none beside a feed.
    """

    def get_tf_dataset(self) -> tf.data.Dataset:
        """The batches as a pipeline."""
        options = tf.data.Options()
        options.autotune.enabled = False
        return super().get_tf_dataset().with_options(options)
