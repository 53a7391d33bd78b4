"""Does "90 % sure" come true nine times in ten? Reliability, its error, and the temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize_scalar

from core.evaluation.intervals import wilson

BINS = 10
COLDEST, HOTTEST = 0.05, 20.0
# A probability that float32 rounded to 0 must keep a finite logarithm.
SMALLEST = 1e-12


@dataclass(frozen=True)
class Calibration:
    """A model's calibration on one split.

    Attributes:
        table: What `reliability` makes.
        error: Expected calibration error, between 0 and 1.
        confidence: Mean probability of the predicted class.
        accuracy: Share of images that are right.
    """

    table: pd.DataFrame
    error: float
    confidence: float
    accuracy: float


def calibration(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], bins: int = BINS
) -> Calibration:
    """Compares how sure a model is with how often it is right.

    Source of the error: M. P. Naeini, G. Cooper and M. Hauskrecht (2015), AAAI 29, with bins of
    equal width on the highest probability, as in C. Guo et al. (2017), ICML 34.

    Args:
        labels: int64 `(images,)`; at least one image.
        probabilities: float64 `(images, classes)`, each row with sum 1.
        bins: Number of bins of equal width between 0 and 1.

    Returns:
        The calibration.
    """
    table = reliability(labels, probabilities, bins)
    gap = (table["accuracy"] - table["confidence"]).abs()
    return Calibration(
        table=table,
        error=float((gap * table["images"]).sum() / len(labels)),
        confidence=float(probabilities.max(axis=1).mean()),
        accuracy=float(np.mean(probabilities.argmax(axis=1) == labels)),
    )


def reliability(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], bins: int = BINS
) -> pd.DataFrame:
    """Accuracy by confidence.

    Returns:
        A DataFrame, one row for each bin that holds images, with the columns
        low, high (float64): the bin's limits; a confidence of exactly `high` belongs to it,
        images (int64), confidence (float64): mean of the bin,
        accuracy, accuracy_low, accuracy_high (float64): share right, with its Wilson interval.
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
    rows = []
    for index in np.unique(place):
        inside = place == index
        limits = wilson(int(right[inside].sum()), int(inside.sum()))
        rows.append(
            {
                "low": edges[index],
                "high": edges[index + 1],
                "images": int(inside.sum()),
                "confidence": float(sure[inside].mean()),
                "accuracy": limits.estimate,
                "accuracy_low": limits.low,
                "accuracy_high": limits.high,
            }
        )
    return pd.DataFrame(rows)


def fit_temperature(labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> float:
    """The temperature with the lowest log loss; for validation images only.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Weinberger (2017), "On Calibration of Modern Neural
    Networks", ICML 34.

    Args:
        labels: int64 `(images,)`; at least one image.
        probabilities: float64 `(images, classes)`, each row with sum 1.

    Returns:
        The temperature: above 1 the model is too sure, below 1 not sure enough.
    """
    rows = np.arange(len(labels))

    def loss(logarithm: float) -> float:
        scaled = apply_temperature(probabilities, float(np.exp(logarithm)))
        return float(-np.mean(np.log(np.maximum(scaled[rows, labels], SMALLEST))))

    limits = (np.log(COLDEST), np.log(HOTTEST))
    found = minimize_scalar(loss, bounds=limits, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def apply_temperature(
    probabilities: npt.NDArray[np.float64], temperature: float
) -> npt.NDArray[np.float64]:
    """Probabilities as if the model's scores had been divided by `temperature`.

    Softmax forgets only a constant, so the logarithms of the probabilities serve as scores; for two
    classes with a sigmoid this is the same as dividing its score. The order of the classes
    stays.

    Returns:
        float64 of the same shape, each row with sum 1.
    """
    scores = np.log(np.maximum(probabilities, SMALLEST)) / temperature
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    scaled: npt.NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return scaled
