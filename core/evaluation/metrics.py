"""Numbers of one model on one split, as scikit-learn computes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics

from core.evaluation.intervals import wilson


def accuracy(predictions: pd.DataFrame) -> float:
    """Share of images whose predicted class is the true one, between 0 and 1."""
    return float((predictions["predicted"] == predictions["label"]).mean())


def confusion_matrix(predictions: pd.DataFrame, classes: int) -> npt.NDArray[np.int64]:
    """Counts of images by true and predicted class.

    Args:
        predictions: Columns `label` and `predicted`.
        classes: Number of classes.

    Returns:
        int64 `(classes, classes)`: `[true, predicted]`.
    """
    labels = list(range(classes))
    matrix = metrics.confusion_matrix(predictions["label"], predictions["predicted"], labels=labels)
    return np.asarray(matrix, dtype=np.int64)


def per_class(predictions: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Precision, recall and F1 of each class.

    Args:
        predictions: Columns `label` and `predicted`.
        class_names: In the order of the labels.

    Returns:
        A DataFrame, one row a class in the order of `class_names`, with the columns
        class_name (str),
        images (int64): how many truly belong to it,
        precision (float64): share of the images called so that are so; NaN where none is,
        recall (float64): share of its images that are found; NaN where it has none,
        f1 (float64): harmonic mean of precision and recall; NaN where both are unknown,
        and for each of the three `<name>_low` and `<name>_high` (float64), its 95 % interval:
        Wilson's for precision and recall. F1 is 2 J / (1 + J) of the share J of images found among
        those that belong to the class or are called so, so its limits are those of J, turned.
    """
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        predictions["label"],
        predictions["predicted"],
        labels=list(range(len(class_names))),
        zero_division=np.nan,
    )
    matrix = confusion_matrix(predictions, len(class_names))
    found, belong, called = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    table = pd.DataFrame(
        {
            "class_name": list(class_names),
            "images": np.asarray(support, dtype=np.int64),
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
    )
    table["precision_low"], table["precision_high"] = _limits(found, called)
    table["recall_low"], table["recall_high"] = _limits(found, belong)
    low, high = _limits(found, belong + called - found)
    table["f1_low"], table["f1_high"] = 2 * low / (1 + low), 2 * high / (1 + high)
    return table


def _limits(
    right: npt.NDArray[np.int64], total: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    pairs = zip(right.tolist(), total.tolist(), strict=True)
    intervals = [wilson(n, of) for n, of in pairs]
    return np.array([i.low for i in intervals]), np.array([i.high for i in intervals])


def per_class_change(
    before: pd.DataFrame, after: pd.DataFrame, class_names: Sequence[str]
) -> pd.DataFrame:
    """Two models' precision, recall and F1 of each class, with the change.

    Args:
        before: Predictions of the first model.
        after: Predictions of the second one on the same images.
        class_names: In the order of the labels.

    Returns:
        A DataFrame, one row a class, with the columns class_name (str), images (int64) and, for
        each of precision, recall and f1 (float64): `<name>_before` and `<name>_after` with their
        limits `<name>_before_low` and so on, and `<name>_change`, after less before.
    """
    first, second = per_class(before, class_names), per_class(after, class_names)
    table = first[["class_name", "images"]].copy()
    for name in ("precision", "recall", "f1"):
        for side, figures in (("before", first), ("after", second)):
            table[f"{name}_{side}"] = figures[name]
            for limit in ("low", "high"):
                table[f"{name}_{side}_{limit}"] = figures[f"{name}_{limit}"]
        table[f"{name}_change"] = second[name] - first[name]
    return table
