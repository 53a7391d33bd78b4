"""The run's `metrics.jsonl`: one JSON object a line, written by the worker and read by pages.

Rows have an `event`:
    `batch`: `epoch` (from 1), `batch` (from 1), `batches`, `loss`, `accuracy` (running means).
    `epoch`: `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy`, `learning_rate`, `seconds`,
        `images_per_second`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

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
# As `MetricsWriter` writes it.
_EPOCH = '"event": "epoch"'


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


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Reads all whole rows; a half-written last line is left for the next time."""
    return [json.loads(line) for line in _whole_lines(path)]


def read_curve(path: Path) -> list[dict[str, Any]]:
    """Reads what a learning curve shows: the epochs' rows, and the last row.

    A long run has a hundred thousand batch rows; the live view, which looks once a second, does
    not have to parse them.
    """
    lines = _whole_lines(path)
    shown = [line for line in lines[:-1] if _EPOCH in line] + lines[-1:]
    return [json.loads(line) for line in shown]


def _whole_lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [line for line in text.split("\n")[:-1] if line]


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
