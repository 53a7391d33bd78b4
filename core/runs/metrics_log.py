"""The run's `metrics.jsonl`: one JSON object a line, written by the worker and read by pages.

Rows have an `event`:
    `batch`: `epoch` (from 1), `batch` (from 1), `batches`, `loss`, `accuracy` (running means).
    `epoch`: `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy`, `learning_rate`, `seconds`,
        `images_per_second`.
"""

from __future__ import annotations

import json
import math
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from core.files import replace_file

EPOCH_COLUMNS = (
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "seconds",
    "images_per_second",
)


_MOST_WHOLE = 1 << 63
# How the writer begins a batch's row.
_BATCH = b'{"event": "batch"'


class MetricsWriter:
    """Appends rows to a metrics file; each is on disk when `write` returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(self, **row: Any) -> None:
        """Appends one row."""
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def cut_metrics(path: Path, length: int) -> None:
    """Drops what lies behind `length` bytes: a run that goes on writes it again.

    The file is replaced, so that a `MetricsView` notices.
    """
    try:
        kept = path.read_bytes()[:length]
    except FileNotFoundError:
        return
    kept = kept[: kept.rfind(b"\n") + 1]
    replace_file(path, lambda part: _write_bytes(part, kept))


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Reads all whole rows; a half-written last line is left for the next time."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    return _parsed(content[: content.rfind(b"\n") + 1])


class Seen(NamedTuple):
    """State of a metrics file at one moment.

    Attributes:
        epochs: As of `epoch_table`. All that look share it, so nobody may change it.
        batch: The last row of an epoch that has not ended, or None.
        version: Differs where the file does.
    """

    epochs: pd.DataFrame
    batch: dict[str, Any] | None
    version: tuple[int, ...]


class MetricsView:
    """Incremental view of a metrics file for a live chart.

    It costs what was written since the last time, however long the run is, and its memory is
    bounded: of the batches it keeps the last; of the epochs every second, fourth, eighth ... one,
    and always the best and the last. Threads may share it.

    Args:
        path: The run's `metrics.jsonl`, which need not exist yet.
        limit: Epochs that are kept at most, beside the best and the last.
    """

    def __init__(self, path: Path, limit: int = 500) -> None:
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._file = (0, 0)
        self._forget()

    def read(self) -> Seen:
        """The epochs, thinned out, and the running batch, as they are now."""
        with self._lock:
            self._catch_up()
            return Seen(self._table(), self._batch, (*self._file, self._offset))

    def _catch_up(self) -> None:
        try:
            with self._path.open("rb") as handle:
                facts = os.fstat(handle.fileno())
                file = (facts.st_dev, facts.st_ino)
                if file != self._file or facts.st_size < self._offset:
                    # Another file: the run went on from a checkpoint.
                    self._file = file
                    self._forget()
                handle.seek(self._offset)
                batch = b""
                for line in handle:
                    if not line.endswith(b"\n"):
                        break
                    self._offset += len(line)
                    if line.startswith(_BATCH):
                        batch = line  # of a million, only the last is parsed
                        continue
                    for row in _parsed(line):
                        batch = b""
                        self._take(row)
                for row in _parsed(batch):
                    self._take(row)
        except FileNotFoundError:
            return

    def _forget(self) -> None:
        self._offset = 0
        self._stride = 1
        self._epochs: dict[int, dict[str, Any]] = {}
        self._ends: list[dict[str, Any]] = []
        self._batch: dict[str, Any] | None = None
        self._shown: pd.DataFrame | None = None

    def _take(self, row: dict[str, Any]) -> None:
        if row["event"] == "batch":
            self._batch = row
            return
        self._batch = self._shown = None
        best = max(
            [*self._ends[:1], row],
            key=lambda epoch: epoch_rank(epoch.get("val_accuracy"), epoch.get("val_loss")),
        )
        self._ends = [best, row]
        if (row["epoch"] - 1) % self._stride == 0:
            self._epochs[row["epoch"]] = row
        if len(self._epochs) > self._limit:
            self._stride *= 2
            kept = (row for e, row in self._epochs.items() if (e - 1) % self._stride == 0)
            self._epochs = {row["epoch"]: row for row in kept}

    def _table(self) -> pd.DataFrame:
        """Made once an epoch: a look asks several times, and thirty people look."""
        if self._shown is None:
            rows = [*self._ends[:1], *self._epochs.values(), *self._ends[1:]]
            self._shown = epoch_table(rows)
        return self._shown


def epoch_rank(accuracy: float | None, loss: float | None) -> tuple[bool, float, float]:
    """Return the key by which epochs are compared; the best epoch has the highest.

    A finite validation loss comes before everything: the weights of an epoch without one are no
    model. Then the higher validation accuracy counts, then the lower validation loss.

    Args:
        accuracy: Validation accuracy, between 0 and 1; None or NaN where there is none.
        loss: Likewise the validation loss.
    """
    known = 0.0 if accuracy is None or math.isnan(accuracy) else accuracy
    if loss is None or not math.isfinite(loss):
        return False, known, 0.0
    return True, known, -loss


def epoch_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One line an epoch, with `EPOCH_COLUMNS`; the last row wins where an epoch was repeated."""
    epochs = {row["epoch"]: row for row in rows if row["event"] == "epoch"}
    ordered = [epochs[number] for number in sorted(epochs)]
    return pd.DataFrame(ordered, columns=list(EPOCH_COLUMNS))


def running_batch(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The last batch row of an epoch that has not ended, or None."""
    if not rows or rows[-1]["event"] != "batch":
        return None
    return rows[-1]


def _parsed(content: bytes) -> list[dict[str, Any]]:
    """The rows of whole lines; one that is damaged, as after a power cut, hides no others."""
    rows = []
    for line in content.split(b"\n"):
        with suppress(ValueError, RecursionError):
            row = json.loads(line) if line else None
            if isinstance(row, dict) and _is_row(row):
                rows.append(row)
    return rows


def _is_row(row: dict[str, Any]) -> bool:
    """Return True if a row has a kind and valid numbers."""
    plain = {name: value for name, value in row.items() if name != "event"}
    return (
        row.get("event") in ("batch", "epoch")
        and isinstance(row.get("epoch"), int)
        and all(map(_is_number, plain.values()))
    )


def _is_number(value: Any) -> bool:
    """Return True if a chart can show the number: no integer beyond 64 bits."""
    if isinstance(value, int):
        return -_MOST_WHOLE <= value < _MOST_WHOLE
    return value is None or isinstance(value, float)


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
