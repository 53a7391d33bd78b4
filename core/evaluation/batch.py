"""Many images to one CSV, row by row: memory does not grow with their number."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.datasets.apart import decoders
from core.errors import InvalidImageError
from core.evaluation.answers import Answer
from core.evaluation.classifier import Classifier
from core.evaluation.export import one_line, safe_cell
from core.evaluation.image_source import ImageSource
from core.files import replace_file

# Broken files that are named at the end; the CSV names all.
MOST_NAMED = 20


@dataclass(frozen=True)
class BatchResult:
    """Result of a batch prediction.

    Attributes:
        images: Those that got an answer.
        broken: Those that cannot be read.
        named: What is wrong with the first of these.
    """

    images: int
    broken: int
    named: tuple[str, ...]


def classify_all(
    classifier: Classifier,
    source: ImageSource,
    csv_path: Path,
    threshold: float,
    max_pixels: int,
    progress: Callable[[int, int], None],
) -> BatchResult:
    """Classifies all images of a source into a CSV.

    Args:
        classifier: The model.
        source: The images.
        csv_path: Replaced whole at the end. In UTF-8, with the columns file, class, probability,
            error and one `p_<class>` for each class; probabilities with six decimals. An image
            that cannot be read has its reason under error and nothing else.
        threshold: Lowest probability that counts; below it class is "none of these".
        max_pixels: Most pixels of an image.
        progress: Told images done and images in all; may raise to stop, and no CSV is left then.

    Returns:
        The counts.
    """
    broken: list[str] = []

    def write(part: Path) -> None:
        with part.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(_header(classifier.class_names))
            for done, name in enumerate(source.names, start=1):
                try:
                    image = decoders().decode(
                        source.read(name), name, classifier.image_size, max_pixels
                    )
                except InvalidImageError as error:
                    broken.append(error.what)
                    rows.writerow([safe_cell(name), "", "", safe_cell(error.what)])
                else:
                    rows.writerow(_row(name, classifier, image, threshold))
                progress(done, len(source.names))

    replace_file(csv_path, write)
    named = tuple(broken[:MOST_NAMED])
    return BatchResult(len(source.names) - len(broken), len(broken), named)


def _header(class_names: Sequence[str]) -> list[str]:
    return [
        "file",
        "class",
        "probability",
        "error",
        *(f"p_{one_line(name)}" for name in class_names),
    ]


def _row(
    name: str, classifier: Classifier, image: npt.NDArray[np.uint8], threshold: float
) -> list[str]:
    answer = Answer(name, probabilities=classifier.classify(image[np.newaxis])[0])
    said = answer.class_name(classifier.class_names, threshold)
    values = [] if answer.probabilities is None else answer.probabilities.tolist()
    shown = [f"{value:.6f}" for value in values]
    return [safe_cell(name), safe_cell(said), f"{max(values):.6f}", "", *shown]
