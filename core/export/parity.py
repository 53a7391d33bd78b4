"""Checks that an exported model predicts what the trained one does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.decode import decode
from core.errors import ExportError
from core.evaluation.classifier import Classifier

MAX_DIFFERENCE = 1e-3
# Features that were stored in half precision differ from computed ones in the fourth digit.
MAX_DIFFERENCE_FLOAT16 = 2e-2


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


def check_parity(
    classifier: Classifier,
    paths: Sequence[Path],
    image_size: int,
    expected: np.ndarray[Any, Any],
    allowed: float = MAX_DIFFERENCE,
) -> Parity:
    """Runs the exported model from the image files and compares.

    The expected values come from the stored features, so this checks the whole way: decoding,
    the stored part, and the export.

    Args:
        classifier: The exported model.
        paths: Image files.
        image_size: Height and width of the input, in pixels.
        expected: float32 `(images, classes)`, the trained model's probabilities.
        allowed: Largest difference of a probability that is accepted.

    Returns:
        The comparison.

    Raises:
        ExportError: If a probability differs by more than is allowed.
    """
    if not paths:
        return Parity(0.0, 0, 0)
    images = np.stack([decode(path, image_size) for path in paths])
    got = classifier.classify(images)
    parity = Parity(
        max_difference=float(np.abs(got - expected).max()),
        label_flips=int((got.argmax(axis=1) != expected.argmax(axis=1)).sum()),
        images=len(paths),
    )
    if not parity.max_difference <= allowed:
        raise ExportError(
            "The exported model does not predict what the trained one does: "
            f"a probability differs by {parity.max_difference:.3g}.",
            "Keep the run's folder and report this.",
        )
    return parity
