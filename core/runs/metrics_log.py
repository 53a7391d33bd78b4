"""The run's `metrics.jsonl`: one JSON object a line, written by the worker and read by pages.

Rows have an `event`:
    `batch`: `epoch` (from 1), `batch` (from 1), `batches`, `loss`, `accuracy` (running means).
    `epoch`: `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy`, `learning_rate`, `seconds`,
        `images_per_second`.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

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
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return _parsed(text)


class MetricsView:
    """What a live chart needs of a metrics file, read piece by piece.

    It costs what was written since the last time, however long the run is, and its memory is
    bounded: of the batches it keeps the last, of the epochs at most twice `limit`. Threads may
    share it.

    Args:
        path: The run's `metrics.jsonl`, which need not exist yet.
        limit: Epochs that are shown at most; the best and the last are always among them.
    """

    def __init__(self, path: Path, limit: int = 400) -> None:
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._file = (0, 0)
        self._offset = 0
        self._epochs: dict[int, dict[str, Any]] = {}
        self._batch: dict[str, Any] | None = None

    def read(self) -> tuple[pd.DataFrame, dict[str, Any] | None]:
        """The table of epochs, thinned out, and the last batch of an epoch that has not ended."""
        with self._lock:
            self._catch_up()
            return self._table(), self._batch

    def _catch_up(self) -> None:
        try:
            with self._path.open("rb") as handle:
                facts = os.fstat(handle.fileno())
                file = (facts.st_dev, facts.st_ino)
                if file != self._file or facts.st_size < self._offset:
                    # Another file: the run went on from a checkpoint.
                    self._file, self._offset, self._epochs, self._batch = file, 0, {}, None
                handle.seek(self._offset)
                for line in handle:
                    if not line.endswith(b"\n"):
                        break
                    self._offset += len(line)
                    self._take(json.loads(line))
        except FileNotFoundError:
            return

    def _take(self, row: dict[str, Any]) -> None:
        if row["event"] == "batch":
            self._batch = row
            return
        self._batch = None
        self._epochs[row["epoch"]] = row
        if len(self._epochs) > 2 * self._limit:
            kept = thinned(self._table(), self._limit)["epoch"]
            self._epochs = {epoch: self._epochs[epoch] for epoch in kept}

    def _table(self) -> pd.DataFrame:
        return epoch_table(list(self._epochs.values()))


def thinned(epochs: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most about `limit` rows of an epoch table, evenly chosen, and the best and the last.

    Args:
        epochs: As of `epoch_table`.
        limit: Rows to keep; two more may stay.
    """
    if len(epochs) <= limit:
        return epochs
    kept = set(range(0, len(epochs), -(-len(epochs) // limit)))
    ranked = epochs.sort_values(["val_accuracy", "val_loss"], ascending=[False, True])
    kept |= {len(epochs) - 1, int(ranked.index[0])}
    return epochs.iloc[sorted(kept)].reset_index(drop=True)


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


def _parsed(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n")[:-1] if line]


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
