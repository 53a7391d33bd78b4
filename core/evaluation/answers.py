"""A model's answer to one new image, or what is wrong with the file."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.datasets.apart import decoders
from core.errors import InvalidImageError
from core.evaluation.classifier import Classifier
from core.language import mark

# In files it stays English; pages tell it.
NONE_OF_THESE = mark("none of these")


@dataclass(frozen=True)
class Answer:
    """Prediction for one file.

    Attributes:
        name: The file's name.
        image: What the model saw, uint8 `(image_size, image_size, 3)`, RGB; None where the file
            cannot be read.
        probabilities: float32 `(classes,)` with sum 1; None where the file cannot be read.
        milliseconds: Time that the model took, without decoding.
        error: What is wrong with the file, or None.
    """

    name: str
    image: npt.NDArray[np.uint8] | None = None
    probabilities: npt.NDArray[np.float32] | None = None
    milliseconds: float = 0.0
    error: InvalidImageError | None = None

    def best(self, count: int = 3) -> list[tuple[int, float]]:
        """The most probable classes with their probabilities, the highest first."""
        if self.probabilities is None:
            return []
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(int(label), float(self.probabilities[label])) for label in order]

    def class_name(self, class_names: tuple[str, ...], threshold: float = 0.0) -> str:
        """The answer in words: a class, `NONE_OF_THESE`, or "" for a file that cannot be read."""
        best = self.best(1)
        if not best:
            return ""
        label, probability = best[0]
        return class_names[label] if probability >= threshold else NONE_OF_THESE


def answer(classifier: Classifier, name: str, data: bytes, max_pixels: int) -> Answer:
    """Classifies one file, decoded apart; a broken one gives an answer with its `error`."""
    try:
        image = decoders().decode(data, name, classifier.image_size, max_pixels)
    except InvalidImageError as error:
        return Answer(name, error=error)
    started = time.perf_counter()
    probabilities = classifier.classify(image[np.newaxis])[0]
    milliseconds = 1000 * (time.perf_counter() - started)
    return Answer(name, image, probabilities, milliseconds)
