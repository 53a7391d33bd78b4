"""The end of a run: evaluates, and saves what it leaves."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pandas as pd

from core.files import replace_file, write_json
from core.jobs.reporter import Reporter
from core.runs import Run, litert
from core.training.data import Array, TrainingData
from core.training.event_log import log_movement
from core.training.fit import FitResult
from core.training.samples import log_samples
from core.versions import package_versions

EVALUATION_BATCH = 64


def evaluate_and_save(
    run: Run,
    model: keras.Model,
    trained: keras.Model,
    features: Array,
    data: TrainingData,
    result: FitResult,
    account: dict[str, Any],
    reporter: Reporter,
) -> dict[str, Any]:
    """Writes `predictions.parquet`, `model.keras` and `account.json`.

    The LiteRT model is made when it is first needed (`core.runs.litert`): that takes as long as
    many a run.

    Args:
        run: The run.
        model: The whole model.
        trained: Its part behind the stored features.
        features: Array `(images, ...)` that `trained` takes.
        data: The images.
        result: How the fit ended.
        account: What goes into `account.json`, without the `versions`.
        reporter: Told of progress.

    Returns:
        The run's results for its status.
    """
    reporter.phase("evaluating")
    predictions = predict_splits(trained, features, data)
    replace_file(run.predictions_path, lambda p: predictions.to_parquet(p, index=False))
    reporter.phase("saving")
    size = run.base.image_size
    facts = {"class_names": list(data.class_names), "image_size": size}
    write_json(run.path / "predict.json", facts)
    litert.forget(run)  # a run that went on has another model than it had when it was stopped
    replace_file(run.model_path, model.save)
    account["versions"] = package_versions()
    write_json(run.account_path, account)
    log_movement(run.path, result.best_epoch, account["proof"]["movement"])
    files = {file.name: file for file in data.images.files}
    log_samples(run.path, result.best_epoch, predictions, files, data.class_names)
    return {**dataclasses.asdict(result), **split_accuracies(predictions)}


def predict_splits(trained: keras.Model, features: Array, data: TrainingData) -> pd.DataFrame:
    """Predicts the validation and test images.

    Returns:
        A DataFrame with `path`, `split`, `label`, `predicted` (int64) and `probabilities` (list
        of float32, one for each class).
    """
    rows = np.concatenate([data.rows["val"], data.rows["test"]])
    parts = [
        trained.predict_on_batch(np.asarray(features[rows[i : i + EVALUATION_BATCH]], np.float32))
        for i in range(0, len(rows), EVALUATION_BATCH)
    ]
    probabilities = both_columns(np.concatenate(parts).astype(np.float32))
    counts = len(data.rows["val"]), len(data.rows["test"])
    return pd.DataFrame(
        {
            "path": [data.names[row] for row in rows],
            "split": np.repeat(["val", "test"], counts),
            "label": data.labels[rows],
            "predicted": probabilities.argmax(axis=1),
            "probabilities": list(probabilities),
        }
    )


def both_columns(outputs: Array) -> Array:
    """Turns a sigmoid's one column `p` into two, `1 - p` and `p`; leaves softmax as it is."""
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


def split_accuracies(predictions: pd.DataFrame) -> dict[str, float | None]:
    """`val_accuracy` and `test_accuracy`; None for a split without images."""
    right = predictions["label"] == predictions["predicted"]
    means = right.groupby(predictions["split"]).mean()
    return {
        f"{split}_accuracy": float(means[split]) if split in means else None
        for split in ("val", "test")
    }
