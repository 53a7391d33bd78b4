"""TensorBoard's event files of a run, in its folder `tensorboard/`.

They are written record by record, so that nothing but TensorFlow is needed; TensorBoard itself is
only for looking: `tensorboard --logdir workspace/runs`.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import summary_pb2
from tensorflow.core.util import event_pb2

from core.training.schedule import last_rate

FOLDER = "tensorboard"
_VERSION = "brain.Event:2"
_LOG = logging.getLogger(__name__)


class EventFile:
    """One event file; a run that goes on writes another one beside it.

    Args:
        folder: The run's `tensorboard/`.
        first_step: Where it goes on: TensorBoard forgets what earlier files say of this step and
            of later ones.
    """

    def __init__(self, folder: Path, first_step: int = 0) -> None:
        name = f"events.out.tfevents.{time.time_ns()}.{platform.node()}.{os.getpid()}"
        self._writer: tf.io.TFRecordWriter | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = tf.io.TFRecordWriter(str(folder / name))
        except (OSError, tf.errors.OpError) as error:
            self._give_up(error)
        self._write(file_version=_VERSION)
        if first_step:
            start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
            self._write(step=first_step, session_log=start)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes numbers of one step, by tag."""
        summary = summary_pb2.Summary(
            value=[
                summary_pb2.Summary.Value(tag=tag, simple_value=value)
                for tag, value in values.items()
            ]
        )
        self._write(step=step, summary=summary)

    def histogram(self, step: int, tag: str, values: Iterable[float], bins: int = 20) -> None:
        """Writes how values are spread."""
        array = np.asarray(list(values), np.float64)
        counts, edges = np.histogram(array, bins=bins)
        spread = summary_pb2.HistogramProto(
            min=array.min(),
            max=array.max(),
            num=len(array),
            sum=array.sum(),
            sum_squares=float((array**2).sum()),
            bucket_limit=edges[1:].tolist(),
            bucket=counts.tolist(),
        )
        value = summary_pb2.Summary.Value(tag=tag, histo=spread)
        self._write(step=step, summary=summary_pb2.Summary(value=[value]))

    def image(self, step: int, tag: str, jpeg: bytes, size: int) -> None:
        """Writes a square RGB image of so many pixels."""
        shown = summary_pb2.Summary.Image(
            height=size, width=size, colorspace=3, encoded_image_string=jpeg
        )
        value = summary_pb2.Summary.Value(tag=tag, image=shown)
        self._write(step=step, summary=summary_pb2.Summary(value=[value]))

    def close(self) -> None:
        """Ends the file."""
        if self._writer is not None:
            try:
                self._writer.close()
            except tf.errors.OpError as error:
                self._give_up(error)

    def _write(self, **fields: Any) -> None:
        if self._writer is None:
            return
        event = event_pb2.Event(wall_time=time.time(), **fields)
        try:
            self._writer.write(event.SerializeToString())
            self._writer.flush()
        except tf.errors.OpError as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Stop writing: a run must not fail because TensorBoard's log cannot be written."""
        self._writer = None
        _LOG.warning("TensorBoard's events are not written any more: %s", error)


class EventLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes each epoch's numbers.

    Args:
        run_dir: The run's folder.
    """

    def __init__(self, run_dir: Path) -> None:
        super().__init__()
        self._folder = run_dir / FOLDER
        self._file: EventFile | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes loss, accuracy, their validation values and the rate, by epochs from 1."""
        if self._file is None:
            self._file = EventFile(self._folder, epoch + 1 if epoch else 0)
        values = {name: float(value) for name, value in (logs or {}).items()}
        values["learning_rate"] = last_rate(self.model.optimizer)
        self._file.scalars(epoch + 1, values)

    def close(self) -> None:
        """Ends the file; nothing where no epoch ended."""
        if self._file is not None:
            self._file.close()


def log_movement(run_dir: Path, epoch: int, movement: Iterable[Mapping[str, Any]]) -> None:
    """Writes how far each unfrozen weight moved, and how these are spread in each block.

    Args:
        run_dir: The run's folder.
        epoch: The epoch whose weights the model has.
        movement: What `core.training.proof.prove` lists.
    """
    rows = list(movement)
    if not rows:
        return
    file = EventFile(run_dir / FOLDER)
    tags = {f"movement/{r['block']}/{r['layer']}/{r['weight']}": r["relative"] for r in rows}
    file.scalars(epoch, tags)
    for block in dict.fromkeys(row["block"] for row in rows):
        file.histogram(
            epoch, f"movement/{block}", (r["relative"] for r in rows if r["block"] == block)
        )
    file.close()
