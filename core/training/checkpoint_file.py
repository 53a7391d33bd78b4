"""A fit's checkpoint as one file, replaced whole: arrays and plain facts, no pickle."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.files import replace_file

Array = np.ndarray[Any, Any]
_LOG = logging.getLogger(__name__)
_FACTS = "facts"
_DAMAGED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,  # facts that nest without end, a compression that Python does not know
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a fit needs to go on as if it had never stopped.

    Attributes:
        start: Hash of the weights that the stage began with.
        epoch: Epochs that ended.
        batch: Batches of the next epoch that are done.
        ended: Whether no epoch is left to train.
        metrics_bytes: Length of `metrics.jsonl` at that moment.
        memories: What callbacks remember, by the callback's name.
        arrays: Lists of arrays by their kind: `variables` of the trained part (weights, BatchNorm
            statistics, dropout's seeds), `optimizer`, `metrics`, and one for each callback that
            keeps arrays.
    """

    start: str
    epoch: int
    batch: int
    ended: bool
    metrics_bytes: int
    memories: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrays: dict[str, Sequence[Array]] = field(default_factory=dict)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint; a reader finds the one before it or this one, whole."""
    facts = {f.name: getattr(checkpoint, f.name) for f in dataclasses.fields(checkpoint)}
    facts["arrays"] = {kind: len(arrays) for kind, arrays in checkpoint.arrays.items()}
    named = {
        f"{kind}.{i}": array
        for kind, arrays in checkpoint.arrays.items()
        for i, array in enumerate(arrays)
    }
    named[_FACTS] = np.frombuffer(json.dumps(facts).encode(), np.uint8)

    def write(part: Path) -> None:
        with part.open("wb") as handle:
            np.savez(handle, allow_pickle=False, **named)
            handle.flush()
            # Else a power cut could leave the new name with no content.
            os.fsync(handle.fileno())

    replace_file(path, write)


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Reads a checkpoint; None where there is none, or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(stored[_FACTS].tobytes())
            facts["arrays"] = {
                kind: [stored[f"{kind}.{i}"] for i in range(count)]
                for kind, count in facts["arrays"].items()
            }
            return Checkpoint(**facts)
    except FileNotFoundError:
        return None
    except _DAMAGED as error:
        _LOG.warning("the checkpoint %s cannot be read, training starts anew: %s", path, error)
        return None
