"""Scores of probabilities: log loss, Brier, top-k, and the curves of one class against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics

# A curve with fewer images on either side is a few stairs that say nothing.
FEWEST_FOR_CURVE = 5
MOST_POINTS = 500


@dataclass(frozen=True)
class Scores:
    """Metrics of the probabilities, not only of the predicted classes.

    Attributes:
        accuracy: Share of images whose most probable class is the true one.
        top_k: The k of `top_k_accuracy`.
        top_k_accuracy: Share of images whose true class is among the k most probable.
        log_loss: Mean of -ln(probability of the true class), in nats; 0 is perfect.
        brier: Mean squared distance of the probabilities from the truth, summed over classes;
            0 is perfect, 2 the worst.
    """

    accuracy: float
    top_k: int
    top_k_accuracy: float
    log_loss: float
    brier: float


def scores(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], top_k: int = 3
) -> Scores:
    """Computes all scores of one model on one split.

    Args:
        labels: int64 `(images,)`, the true classes; at least one image.
        probabilities: float64 `(images, classes)`, each row with sum 1.
        top_k: How many answers count for `top_k_accuracy`; at most one less than the classes.

    Returns:
        The scores.
    """
    classes = probabilities.shape[1]
    k = max(1, min(top_k, classes - 1))
    every = list(range(classes))
    truth = np.eye(classes)[labels]
    normal = probabilities / probabilities.sum(axis=1, keepdims=True)
    return Scores(
        accuracy=float(np.mean(probabilities.argmax(axis=1) == labels)),
        top_k=k,
        top_k_accuracy=top_k_accuracy(labels, probabilities, k),
        log_loss=float(metrics.log_loss(labels, normal, labels=every)),
        brier=float(np.mean(np.sum((probabilities - truth) ** 2, axis=1))),
    )


def top_k_accuracy(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], k: int
) -> float:
    """Share of images whose true class is among the `k` most probable; ties count for it."""
    own = probabilities[np.arange(len(labels)), labels]
    better = np.sum(probabilities > own[:, np.newaxis], axis=1)
    return float(np.mean(better < k))


def curve_classes(labels: npt.NDArray[np.int64], class_names: Sequence[str]) -> list[int]:
    """Classes with enough images, and enough others, for ROC and precision-recall curves."""
    counts = np.bincount(labels, minlength=len(class_names))
    enough = (counts >= FEWEST_FOR_CURVE) & (len(labels) - counts >= FEWEST_FOR_CURVE)
    return [int(label) for label in np.flatnonzero(enough)]


def roc_curve(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], label: int
) -> tuple[pd.DataFrame, float]:
    """The ROC curve of one class against the rest.

    Args:
        labels: int64 `(images,)`.
        probabilities: float64 `(images, classes)`.
        label: The class.

    Returns:
        A DataFrame with the columns false_positive_rate and true_positive_rate (float64, between
        0 and 1), at most `MOST_POINTS` rows, and the area under the whole curve.
    """
    truth, given = labels == label, probabilities[:, label]
    false_positive, true_positive, _ = metrics.roc_curve(truth, given)
    table = pd.DataFrame(
        {"false_positive_rate": false_positive, "true_positive_rate": true_positive}
    )
    return _thinned(table), float(metrics.roc_auc_score(truth, given))


def precision_recall_curve(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], label: int
) -> tuple[pd.DataFrame, float]:
    """The precision-recall curve of one class against the rest.

    Args:
        labels: int64 `(images,)`.
        probabilities: float64 `(images, classes)`.
        label: The class.

    Returns:
        A DataFrame with the columns recall and precision (float64, between 0 and 1), at most
        `MOST_POINTS` rows, and the average precision.
    """
    truth, given = labels == label, probabilities[:, label]
    precision, recall, _ = metrics.precision_recall_curve(truth, given)
    table = pd.DataFrame({"recall": recall, "precision": precision})
    return _thinned(table), float(metrics.average_precision_score(truth, given))


def _thinned(table: pd.DataFrame) -> pd.DataFrame:
    if len(table) <= MOST_POINTS:
        return table
    rows = np.linspace(0, len(table) - 1, MOST_POINTS).astype(np.int64)
    return table.iloc[rows].reset_index(drop=True)
