"""Checks that a run's LiteRT model predicts what the trained one does, and tells what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets import Datasets
from core.datasets.decode import WHOLE_DECODERS
from core.datasets.scanned import ScannedImage, decoded, images_named
from core.errors import ExportError, UnfreezeError
from core.evaluation.classifier import Classifier, load_classifier
from core.evaluation.predictions import read_predictions
from core.language import number, tr, trn
from core.records import read_record
from core.runs import Run, litert
from core.settings import Settings

MAX_DIFFERENCE = 1e-3
# Features that were stored in half precision differ from computed ones in the fourth digit.
MAX_DIFFERENCE_FLOAT16 = 2e-2
# Images that a run's model is checked on, evenly drawn where there are more.
MOST_CHECKED = 64
_BATCH = 8
# Of images that were left out.
_NAMED = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Parity:
    """Comparison of an exported model with the trained one.

    Attributes:
        max_difference: Largest difference of a probability.
        label_flips: Images whose most probable class differs.
        images: Images compared.
        left_out: Paths of images that were not: they are gone or have changed since the scan.
    """

    max_difference: float
    label_flips: int
    images: int
    left_out: tuple[str, ...] = ()


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
    files, expected = _images(run)
    stored: dict[str, Any] = read_record(
        run.account_path, lambda found: dict(found["features"]), {}
    )
    halved = stored.get("type") == "float16"
    return check_parity(
        load_classifier(run, path),
        files,
        run.base.image_size,
        expected,
        MAX_DIFFERENCE_FLOAT16 if halved else MAX_DIFFERENCE,
        progress,
        # What the run was trained on is what its predictions came from.
        whole=stored.get("decoder", WHOLE_DECODERS[-1]) in WHOLE_DECODERS,
    )


def check_parity(
    classifier: Classifier,
    files: Sequence[ScannedImage],
    image_size: int,
    expected: np.ndarray[Any, Any],
    allowed: float = MAX_DIFFERENCE,
    progress: Progress = lambda done, total: None,
    whole: bool = False,
) -> Parity:
    """Runs the exported model from the image files and compares.

    Args:
        classifier: The exported model.
        files: Image files.
        image_size: Height and width of the input, in pixels.
        expected: float32 `(images, classes)`, the trained model's probabilities.
        allowed: Largest difference of a probability that is accepted.
        progress: Called with `(images done, images in all)`; may raise to stop.
        whole: As of `core.datasets.decode.decode_bytes`.

    Returns:
        The comparison.

    Raises:
        ExportError: If a probability differs by more than is allowed.
    """
    difference, flips, left_out = 0.0, 0, []
    for start in range(0, len(files), _BATCH):
        part = files[start : start + _BATCH]
        images, kept = decoded(part, image_size, whole)
        left_out += [file.name for file, is_kept in zip(part, kept, strict=True) if not is_kept]
        if len(images):
            got, right = classifier.classify(images), expected[start : start + len(part)][kept]
            # Kept where it is not a number, which `max` would lose.
            difference = float(np.maximum(difference, np.abs(got - right).max()))
            flips += int((got.argmax(axis=1) != right.argmax(axis=1)).sum())
        progress(start + len(part), len(files))
    if not difference <= allowed:
        raise ExportError(
            tr(
                "The LiteRT model does not predict what the trained one does: "
                "a probability differs by {difference}.",
                difference=f"{difference:.3g}",
            ),
            tr("The Keras model is untouched and can be taken away; try this once more."),
        )
    return Parity(difference, flips, len(files) - len(left_out), tuple(left_out))


def read_parity(run: Run) -> Parity | None:
    """Read the parity check of the run's LiteRT model; None where there was none."""
    made = read_record(litert.folder(run.path) / "parity.json", _parity, None)
    # Once a run itself made the model, and its account told.
    return made or read_record(run.account_path, lambda found: _parity(found["parity"]), None)


def _parity(values: dict[str, Any]) -> Parity:
    return Parity(
        float(values["max_difference"]),
        int(values["label_flips"]),
        int(values["images"]),
        tuple(str(name) for name in values.get("left_out", ())),
    )


def parity_in_words(parity: Parity | None) -> str:
    """The check in a sentence or two."""
    if parity is None:
        return tr("The LiteRT model is not checked yet: it is made when it is first needed.")
    if not parity.images:
        return tr("The LiteRT model could not be checked: the images are gone or have changed.")
    words = _checked_in_words(parity)
    return f"{words} {left_out_in_words(parity.left_out)}" if parity.left_out else words


def left_out_in_words(names: Sequence[str]) -> str:
    """Name the images that a check excluded."""
    return trn(
        "{count} image was left out, as it is gone or has changed since the scan: {names}.",
        "{count} images were left out, as they are gone or have changed since the scan: {names}.",
        len(names),
        names=", ".join(names[:_NAMED]),
    )


def _checked_in_words(parity: Parity) -> str:
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


def _images(run: Run) -> tuple[list[ScannedImage], np.ndarray[Any, Any]]:
    """Some of the run's image files, and what the trained model said of each."""
    store = Datasets(Settings.from_environment().datasets_dir)
    try:
        dataset = store.get(run.base.dataset_id, run.base.dataset_version)
        table = read_predictions(run)
        chosen = table.iloc[:: max(1, len(table) // MOST_CHECKED)].head(MOST_CHECKED)
        files = images_named(dataset, chosen["path"].tolist())
    except (UnfreezeError, OSError):
        return [], np.empty((0, 0), np.float32)
    chosen = chosen[chosen["path"].isin(list(files))]
    if chosen.empty:
        return [], np.empty((0, 0), np.float32)
    return [files[name] for name in chosen["path"]], np.stack(list(chosen["probabilities"]))
