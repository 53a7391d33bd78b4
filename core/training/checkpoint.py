"""Saves where a fit is, and goes on from there: the same weights as if it had never stopped."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.errors import RunError
from core.language import tr
from core.training.batches import Batches
from core.training.callbacks import Position, Remembering
from core.training.checkpoint_file import Array, Checkpoint, read_checkpoint, write_checkpoint

# An epoch's end is saved unless that would take more than this share of the time; a stop always is.
# What is lost then is computed again, to the same bits.
WRITING_SHARE = 0.05
# What writing is expected to take before it was measured, in bytes a second.
EXPECTED_RATE = 200e6
# A long epoch is saved inside, too.
LONGEST_GAP_S = 300.0
_LOG = logging.getLogger(__name__)


class Checkpointer(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the checkpoint of a fit. Comes last of all callbacks.

    Args:
        path: The checkpoint's file.
        metrics_path: The run's `metrics.jsonl`: its length is part of the checkpoint.
        position: Which batch is next.
        memories: Callbacks whose memory belongs to the checkpoint.
        epochs: Epochs in all.

    Attributes:
        ended: Whether no epoch is left to train.
    """

    def __init__(
        self,
        path: Path,
        metrics_path: Path,
        position: Position,
        memories: Sequence[Remembering],
        epochs: int,
    ) -> None:
        super().__init__()
        self._path = path
        self._metrics_path = metrics_path
        self._position = position
        self._memories = {type(memory).__name__: memory for memory in memories}
        self._epochs = epochs
        self._start = ""
        self._saved = time.monotonic()
        self._cost = 0.0
        self.ended = False

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Saves inside a long epoch."""
        if time.monotonic() - self._saved > LONGEST_GAP_S:
            self.save()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Saves what the epoch left, its validation included."""
        self.ended = self.model.stop_training or epoch + 1 >= self._epochs
        if self._cost < WRITING_SHARE * (time.monotonic() - self._saved):
            self.save()

    def save(self) -> None:
        """Writes the checkpoint."""
        began = time.monotonic()
        arrays: dict[str, Sequence[Array]] = {
            kind: _values(held) for kind, held in _variables(self.model).items()
        }
        arrays["metrics"] = self._position.metrics or arrays["metrics"]
        for name, memory in self._memories.items():
            arrays[name] = memory.arrays()
        checkpoint = Checkpoint(
            start=self._start,
            epoch=self._position.epoch,
            batch=self._position.batch,
            ended=self.ended,
            metrics_bytes=self._metrics_path.stat().st_size,
            memories={name: memory.memory() for name, memory in self._memories.items()},
            arrays=arrays,
        )
        write_checkpoint(self._path, checkpoint)
        self._saved = time.monotonic()
        self._cost = self._saved - began

    def restore(self, sample: Batches) -> int:
        """Puts model, optimizer, position and callbacks where the checkpoint left them.

        Args:
            sample: Any batches: one is looked at, so that the metrics have their variables.

        Returns:
            Length of `metrics.jsonl` that belongs to the checkpoint; 0 where there is none.

        Raises:
            RunError: If the stage does not begin with the weights that it began with before.
        """
        self._start = _hash(self.model)
        self._cost = _bytes(self.model) / EXPECTED_RATE
        found = read_checkpoint(self._path)
        if found is None:
            return 0
        if found.start != self._start:
            raise RunError(
                tr("This run cannot go on: the weights that it started from have changed."),
                tr("Train a new run from them."),
            )
        self.model.optimizer.build(self.model.trainable_variables)
        self.model.test_on_batch(*sample[0])
        held = _variables(self.model)
        if not _fit_together(held, found) or not self._memories.keys() <= found.memories.keys():
            _LOG.warning("the checkpoint is of another version, training starts anew")
            return 0
        for kind in ("variables", "optimizer"):
            for variable, value in zip(held[kind], found.arrays[kind], strict=True):
                variable.assign(value)
        for name, memory in self._memories.items():
            memory.recall(found.memories[name], list(found.arrays[name]))
        self._position.epoch, self._position.batch = found.epoch, found.batch
        self._position.metrics = list(found.arrays["metrics"])
        self.ended = found.ended
        return found.metrics_bytes


def _variables(model: keras.Model) -> dict[str, list[keras.Variable]]:
    return {
        # Unlike `weights`, these include the state of dropout's random numbers.
        "variables": model.variables,
        "optimizer": model.optimizer.variables,
        "metrics": model.metrics_variables,
    }


def _bytes(model: keras.Model) -> float:
    """About how large a checkpoint is: weights, the best ones, and two values of the optimizer."""
    values = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    return 16.0 * float(values)


def _values(variables: Sequence[keras.Variable]) -> list[Array]:
    return [np.asarray(variable) for variable in variables]


def _fit_together(held: dict[str, list[keras.Variable]], found: Checkpoint) -> bool:
    return all(
        [tuple(v.shape) for v in variables] == [a.shape for a in found.arrays.get(kind, ())]
        for kind, variables in held.items()
    )


def _hash(model: keras.Model) -> str:
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(np.asarray(weight).tobytes())
    return digest.hexdigest()
