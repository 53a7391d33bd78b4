"""A few validation images with their true and predicted class, for TensorBoard."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from core.datasets.scanned import ScannedImage
from core.errors import InvalidImageError
from core.training.event_log import FOLDER, EventFile

# Of the right ones and of the wrong ones each.
SAMPLES = 4
# Enough to see what is on it, in two or three kilobytes.
PIXELS = 128


def log_samples(
    run_dir: Path,
    epoch: int,
    predictions: pd.DataFrame,
    files: dict[str, ScannedImage],
    class_names: Sequence[str],
) -> None:
    """Writes images that were told rightly and images that were not.

    Args:
        run_dir: The run's folder.
        epoch: The epoch whose weights the model has.
        predictions: With `path`, `split`, `label` and `predicted`.
        files: The image files by `path`.
        class_names: In the order of the labels.
    """
    shown = predictions[predictions["split"] == "val"]
    right = shown["label"] == shown["predicted"]
    log = EventFile(run_dir / FOLDER)
    for group, rows in (("right", shown[right]), ("wrong", shown[~right])):
        for number, (_, row) in enumerate(_spread(rows).iterrows(), start=1):
            true, predicted = (_name(class_names[row[key]]) for key in ("label", "predicted"))
            jpeg = _jpeg(files[row["path"]])
            if jpeg:
                tag = f"val {group}/{number}: {true}, predicted {predicted}"
                log.image(epoch, tag, jpeg, PIXELS)
    log.close()


def _spread(rows: pd.DataFrame) -> pd.DataFrame:
    """Some rows from all over the table, which is in the order of the classes."""
    return rows.iloc[np.unique(np.linspace(0, len(rows) - 1, SAMPLES).astype(int))[: len(rows)]]


def _jpeg(file: ScannedImage) -> bytes:
    """A small copy; b"" for a file that has gone or changed since its features were stored."""
    try:
        image = file.decode(PIXELS)
    except InvalidImageError:
        return b""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=80)
    return content.getvalue()


def _name(class_name: str) -> str:
    """A slash would make a group of its own."""
    return class_name.replace("/", " ")
