"""A run's predictions, and two runs' predictions on the same images side by side.

Predictions have the columns that the worker writes:
    path (str): the image, relative to the data set's root.
    split (str): `val` or `test`.
    label (int64): the true class, an index in `class_names`.
    predicted (int64): the class with the highest probability.
    probabilities (list of float32): one a class, in the order of `class_names`, with sum 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import RunError
from core.language import tr
from core.runs import Run
from core.tables import UNREADABLE_TABLE

PREDICTION_COLUMNS = ("path", "split", "label", "predicted", "probabilities")
# What became of an image between the first model and the second.
CHANGES = ("fixed", "broken", "both wrong", "both right")


def read_predictions(run: Run, split: str = "") -> pd.DataFrame:
    """Reads the predictions that a run's worker wrote.

    Args:
        run: The run.
        split: `val` or `test`; both where it is empty.

    Returns:
        A DataFrame with the columns that the module lists, in the order of the file.

    Raises:
        RunError: If there are none, or the file cannot be read.
    """
    try:
        table = pd.read_parquet(run.predictions_path, columns=list(PREDICTION_COLUMNS))
    except FileNotFoundError as error:
        raise RunError(
            tr("Run {run} has no predictions.", run=run.id),
            tr("Wait until it has ended, or train it again."),
        ) from error
    except UNREADABLE_TABLE as error:
        raise RunError(
            tr(
                "The predictions of run {run} cannot be read: {error}.",
                run=run.id,
                error=str(error),
            ),
            tr("Train it again."),
        ) from error
    chosen = table[table["split"] == split] if split else table
    return chosen.reset_index(drop=True)


def probability_matrix(predictions: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The column `probabilities` as one array.

    Returns:
        float64 `(images, classes)`, each row with sum 1 up to float32's rounding.
    """
    rows = predictions["probabilities"].to_list()
    return np.asarray(np.stack(rows) if rows else np.empty((0, 0)), dtype=np.float64)


def join_runs(before: Run, after: Run, split: str = "test") -> pd.DataFrame:
    """Two runs' predictions on the same images.

    Args:
        before: The first run: usually the head run that the second started from.
        after: The second run.
        split: `val` or `test`.

    Returns:
        What `join_predictions` makes.

    Raises:
        RunError: If the runs saw different data, or one has no predictions.
    """
    require_same_data(before, after)
    return join_predictions(read_predictions(before, split), read_predictions(after, split))


def require_same_data(before: Run, after: Run) -> None:
    """Refuses two runs that were not tested on the same images.

    Raises:
        RunError: If their data sets or the versions of these differ.
    """
    first, second = before.base, after.base
    if first.dataset_id != second.dataset_id:
        raise RunError(
            tr(
                "Run {run} used {dataset} and run {other_run} used {other_dataset}: accuracies on "
                "different images cannot be compared.",
                run=before.id,
                dataset=before.dataset_name or first.dataset_id,
                other_run=after.id,
                other_dataset=after.dataset_name or second.dataset_id,
            ),
            tr("Choose two runs on the same data set."),
        )
    if first.dataset_version != second.dataset_version:
        raise RunError(
            tr(
                "Run {run} used version {version} of the data set and run {other_run} version "
                "{other_version}: their test images differ.",
                run=before.id,
                version=first.dataset_version,
                other_run=after.id,
                other_version=second.dataset_version,
            ),
            tr("Train one of them again, so that both use the same version."),
        )


def join_predictions(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Puts two prediction tables side by side, image by image.

    Args:
        before: Predictions of the first model on one split.
        after: Predictions of the second model on the same split.

    Returns:
        A DataFrame in the order of `before` with the columns
        path (str), label (int64),
        before, after (int64): the two predicted classes,
        before_probability, after_probability (float64): each model's probability of its own
        prediction, between 0 and 1,
        before_true, after_true (float64): each model's probability of the true class,
        change (str): one of `CHANGES`.

    Raises:
        RunError: If the tables do not hold the same images with the same labels.
    """
    left, right = _side(before, "before"), _side(after, "after")
    pairs = left.merge(right, on=["path", "label"], how="inner", validate="one_to_one")
    if len(pairs) != len(before) or len(pairs) != len(after):
        raise RunError(
            tr(
                "Only {both} images are in both runs, of {first} and {second}.",
                both=len(pairs),
                first=len(before),
                second=len(after),
            ),
            tr("Train both runs on the same version of the data set."),
        )
    was_right = (pairs["before"] == pairs["label"]).to_numpy()
    is_right = (pairs["after"] == pairs["label"]).to_numpy()
    pairs["change"] = np.select(
        [~was_right & is_right, was_right & ~is_right, ~was_right & ~is_right],
        list(CHANGES[:3]),
        default=CHANGES[3],
    )
    return pairs


def _side(predictions: pd.DataFrame, name: str) -> pd.DataFrame:
    matrix = probability_matrix(predictions)
    rows = np.arange(len(predictions))
    predicted = predictions["predicted"].to_numpy()
    label = predictions["label"].to_numpy()
    return pd.DataFrame(
        {
            "path": predictions["path"],
            "label": label,
            name: predicted,
            f"{name}_probability": matrix[rows, predicted] if len(rows) else [],
            f"{name}_true": matrix[rows, label] if len(rows) else [],
        }
    )
