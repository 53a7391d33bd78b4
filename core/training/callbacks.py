"""Keras callbacks of a training run."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from core.runs.metrics_log import MetricsWriter
from core.training.reporter import Reporter

BATCH_ROWS_SECONDS = 0.25


class MetricsLogger(keras.callbacks.Callback):  # type: ignore[misc]
    """Streams losses and accuracies into the run's `metrics.jsonl` and its progress.

    Args:
        writer: The metrics file.
        reporter: Told after every batch; raises there when a stop was asked for, because
            `model.stop_training` would let a half epoch count as a whole one.
        epochs: Epochs in all.
        batches: Batches in one epoch.
        images: Training images in one epoch.
    """

    def __init__(
        self, writer: MetricsWriter, reporter: Reporter, epochs: int, batches: int, images: int
    ) -> None:
        super().__init__()
        self._writer = writer
        self._reporter = reporter
        self._epochs = epochs
        self._batches = batches
        self._images = images
        self._epoch = 0
        self._began = 0.0
        self._row_written = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the time."""
        self._epoch = epoch
        self._began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the running means, a few times a second at most."""
        now = time.monotonic()
        if logs and now - self._row_written > BATCH_ROWS_SECONDS:
            self._row_written = now
            self._writer.write(
                event="batch",
                epoch=self._epoch + 1,
                batch=batch + 1,
                batches=self._batches,
                loss=float(logs["loss"]),
                accuracy=float(logs["accuracy"]),
            )
        done = self._epoch * self._batches + batch + 1
        self._reporter.advance(done, self._epochs * self._batches)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's row; `logs` has the validation's values too."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        seconds = time.monotonic() - self._began
        self._writer.write(
            event="epoch",
            epoch=epoch + 1,
            loss=values["loss"],
            accuracy=values["accuracy"],
            val_loss=values.get("val_loss"),
            val_accuracy=values.get("val_accuracy"),
            learning_rate=float(np.asarray(self.model.optimizer.learning_rate)),
            seconds=seconds,
            images_per_second=self._images / seconds,
        )


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Remembers the weights of the best epoch by validation accuracy, then by validation loss.

    Attributes:
        epoch: The best epoch, from 1; 0 before the first one ends.
        epochs_done: Epochs that ended.
        values: Its `val_accuracy` and `val_loss`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0
        self.epochs_done = 0
        self.values: dict[str, float] = {}
        self._weights: list[np.ndarray[Any, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keeps the weights where this epoch is better than all before it."""
        self.epochs_done = epoch + 1
        values = {name: float((logs or {})[name]) for name in ("val_accuracy", "val_loss")}
        if not self.epoch or _rank(values) > _rank(self.values):
            self.epoch, self.values = epoch + 1, values
            self._weights = self.model.get_weights()

    def restore(self) -> None:
        """Puts the best epoch's weights back."""
        if self.epoch:
            self.model.set_weights(self._weights)


def _rank(values: dict[str, float]) -> tuple[float, float]:
    return values["val_accuracy"], -values["val_loss"]
