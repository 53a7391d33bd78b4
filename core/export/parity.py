"""Checks that a run's LiteRT model predicts what the trained one does, and tells what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets import DatasetStore
from core.datasets.decode import decode
from core.errors import ExportError, UnfreezeError
from core.evaluation.classifier import Classifier, load_classifier
from core.evaluation.predictions import read_predictions
from core.files import read_json
from core.language import number, tr, trn
from core.runs import Run, litert
from core.settings import Settings

MAX_DIFFERENCE = 1e-3
# Features that were stored in half precision differ from computed ones in the fourth digit.
MAX_DIFFERENCE_FLOAT16 = 2e-2
# Images that a run's model is checked on, evenly drawn where there are more.
MOST_CHECKED = 64
_BATCH = 8

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Parity:
    """How an exported model compares with the trained one.

    Attributes:
        max_difference: Largest difference of a probability.
        label_flips: Images whose most probable class differs.
        images: Images compared.
    """

    max_difference: float
    label_flips: int
    images: int


def check_run(run: Run, path: Path, progress: Progress) -> Parity:
    """Checks a LiteRT model against the run's predictions, which came from the stored features.

    So this checks the whole way: decoding, the stored part, and the export.

    Args:
        run: The run.
        path: The model that was made of it.
        progress: Called with `(images done, images in all)`; may raise to stop.

    Returns:
        The comparison; of no images where they are gone.

    Raises:
        ExportError: If a probability differs by more than is allowed.
    """
    paths, expected = _images(run)
    return check_parity(
        load_classifier(run, path), paths, run.base.image_size, expected, _allowed(run), progress
    )


def check_parity(
    classifier: Classifier,
    paths: Sequence[Path],
    image_size: int,
    expected: np.ndarray[Any, Any],
    allowed: float = MAX_DIFFERENCE,
    progress: Progress = lambda done, total: None,
) -> Parity:
    """Runs the exported model from the image files and compares.

    Args:
        classifier: The exported model.
        paths: Image files.
        image_size: Height and width of the input, in pixels.
        expected: float32 `(images, classes)`, the trained model's probabilities.
        allowed: Largest difference of a probability that is accepted.
        progress: Called with `(images done, images in all)`; may raise to stop.

    Returns:
        The comparison.

    Raises:
        ExportError: If a probability differs by more than is allowed.
    """
    difference, flips = 0.0, 0
    for start in range(0, len(paths), _BATCH):
        part = paths[start : start + _BATCH]
        got = classifier.classify(np.stack([decode(path, image_size) for path in part]))
        right = expected[start : start + len(part)]
        # Kept where it is not a number, which `max` would lose.
        difference = float(np.maximum(difference, np.abs(got - right).max()))
        flips += int((got.argmax(axis=1) != right.argmax(axis=1)).sum())
        progress(start + len(part), len(paths))
    if not difference <= allowed:
        raise ExportError(
            tr(
                "The LiteRT model does not predict what the trained one does: "
                "a probability differs by {difference}.",
                difference=f"{difference:.3g}",
            ),
            tr("The Keras model is untouched and can be taken away; try this once more."),
        )
    return Parity(difference, flips, len(paths))


def read_parity(run: Run) -> Parity | None:
    """What the check of the run's LiteRT model found; None where there was none yet."""
    # Once a run itself made the model, and its account told.
    for path, part in ((litert.folder(run.path) / "parity.json", ""), (run.account_path, "parity")):
        try:
            found = read_json(path)
            found = found[part] if part else found
            return Parity(
                float(found["max_difference"]), int(found["label_flips"]), int(found["images"])
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def parity_in_words(parity: Parity | None) -> str:
    """The check in a sentence or two."""
    if parity is None:
        return tr("The LiteRT model is not checked yet: it is made when it is first needed.")
    if not parity.images:
        return tr("The LiteRT model could not be checked: the images are gone.")
    checked = trn("{count} image", "{count} images", parity.images)
    largest = f"{parity.max_difference:.1g}"
    if parity.label_flips:
        others = number(parity.label_flips)
        return tr(
            "The LiteRT model was checked on {images}: {others} with another answer than the "
            "trained model's, largest difference of a probability {largest}.",
            images=checked,
            others=others,
            largest=largest,
        )
    return tr(
        "The LiteRT model was checked on {images}: every answer is the trained model's, largest "
        "difference of a probability {largest}.",
        images=checked,
        largest=largest,
    )


def _images(run: Run) -> tuple[list[Path], np.ndarray[Any, Any]]:
    """Image files that are still there, and what the trained model said of each."""
    store = DatasetStore(Settings.from_environment().datasets_dir)
    try:
        root = store.get(run.base.dataset_id, run.base.dataset_version).root
        table = read_predictions(run)
    except UnfreezeError:
        return [], np.empty((0, 0), np.float32)
    chosen = table.iloc[:: max(1, len(table) // MOST_CHECKED)].head(MOST_CHECKED)
    chosen = chosen[[(root / name).is_file() for name in chosen["path"]]]
    if chosen.empty:
        return [], np.empty((0, 0), np.float32)
    return [root / name for name in chosen["path"]], np.stack(list(chosen["probabilities"]))


def _allowed(run: Run) -> float:
    """How far stored features may be from computed ones."""
    try:
        halved = read_json(run.account_path)["features"]["type"] == "float16"
    except (OSError, ValueError, KeyError, TypeError):
        halved = False
    return MAX_DIFFERENCE_FLOAT16 if halved else MAX_DIFFERENCE
