"""Keras callbacks of a training run."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from core.jobs.reporter import Reporter
from core.runs.metrics_log import MetricsWriter, epoch_rank
from core.training.batches import Batches
from core.training.schedule import last_rate

# Rows of batches: four a second at first, and fewer the longer an epoch takes.
BATCH_ROWS_SECONDS = 0.25
BATCH_ROWS_SHARE = 1 / 400
Array = np.ndarray[Any, Any]


class Remembering(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback whose memory is part of the checkpoint, under the name of its class.

    It must not forget in `on_train_begin`: a fit that goes on in mid-epoch begins twice.
    """

    def memory(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {}

    def arrays(self) -> list[Array]:
        """Arrays that belong to the memory."""
        return []

    def recall(self, memory: dict[str, Any], arrays: list[Array]) -> None:
        """Takes back what `memory` and `arrays` gave."""
        raise NotImplementedError


class Position(keras.callbacks.Callback):  # type: ignore[misc]
    """Knows which batch is next, and tells the training batches. Comes first of all callbacks.

    Args:
        train: The training batches.

    Attributes:
        epoch: Epochs that ended.
        batch: Batches of the next one that are done.
        metrics: Values that the metrics' variables had at that batch, where they are no longer or
            not yet in them: while the epoch is validated, and before it goes on in its middle.
    """

    def __init__(self, train: Batches) -> None:
        super().__init__()
        self._train = train
        self.epoch = 0
        self.batch = 0
        self.metrics: list[Array] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keras has just reset the metrics and gone to some epoch's order."""
        self._train.begin(epoch + 1, self.batch)
        for variable, value in zip(self.model.metrics_variables, self.metrics, strict=False):
            variable.assign(value)
        self.metrics = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """One batch more is done."""
        self.batch += 1

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Validation is about to use the metrics for itself."""
        self.metrics = [np.asarray(variable) for variable in self.model.metrics_variables]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """The epoch is over, with its validation."""
        self.epoch, self.batch, self.metrics = epoch + 1, 0, []


class MetricsLogger(keras.callbacks.Callback):  # type: ignore[misc]
    """Streams losses and accuracies into the run's `metrics.jsonl` and its progress.

    Args:
        writer: The metrics file.
        reporter: Told after every batch; raises there when a stop was asked for, because
            `model.stop_training` would let a half epoch count as a whole one.
        position: Which batch it is.
        epochs: Epochs in all.
        batches: Batches in one epoch.
        images: Training images in one epoch.
    """

    def __init__(
        self,
        writer: MetricsWriter,
        reporter: Reporter,
        position: Position,
        epochs: int,
        batches: int,
        images: int,
    ) -> None:
        super().__init__()
        self._writer = writer
        self._reporter = reporter
        self._position = position
        self._epochs = epochs
        self._batches = batches
        self._images = images
        self._began = 0.0
        self._first = 0
        self._row_written = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the time."""
        self._began = time.monotonic()
        self._first = self._position.batch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the running means, a few times a second at most."""
        now = time.monotonic()
        where = self._position
        gap = max(BATCH_ROWS_SECONDS, BATCH_ROWS_SHARE * (now - self._began))
        if logs and now - self._row_written > gap:
            self._row_written = now
            self._writer.write(
                event="batch",
                epoch=where.epoch + 1,
                batch=where.batch,
                batches=self._batches,
                loss=float(logs["loss"]),
                accuracy=float(logs["accuracy"]),
            )
        done = where.epoch * self._batches + where.batch
        self._reporter.advance(done, self._epochs * self._batches)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """A long validation must not delay a stop."""
        self._reporter.check_stop()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's row; `logs` has the validation's values too."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        seconds = time.monotonic() - self._began
        images = self._images * (1 - self._first / self._batches)
        self._writer.write(
            event="epoch",
            epoch=epoch + 1,
            loss=values["loss"],
            accuracy=values["accuracy"],
            val_loss=values.get("val_loss"),
            val_accuracy=values.get("val_accuracy"),
            learning_rate=last_rate(self.model.optimizer),
            seconds=seconds,
            images_per_second=images / seconds,
        )


class BestEpoch(Remembering):
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
        self._weights: list[Array] = []

    def memory(self) -> dict[str, Any]:
        """The best epoch's number and values."""
        return {"epoch": self.epoch, "epochs_done": self.epochs_done, "values": self.values}

    def arrays(self) -> list[Array]:
        """The best epoch's weights."""
        return self._weights

    def recall(self, memory: dict[str, Any], arrays: list[Array]) -> None:
        """Takes both back."""
        self.epoch, self.epochs_done = memory["epoch"], memory["epochs_done"]
        self.values, self._weights = memory["values"], arrays

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


def _rank(values: dict[str, float]) -> tuple[bool, float, float]:
    return epoch_rank(values["val_accuracy"], values["val_loss"])
