"""The end of a run: evaluates, saves the model, and checks what was saved."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pandas as pd

from core.evaluation.classifier import load_classifier
from core.export.litert import export_litert
from core.export.parity import MAX_DIFFERENCE, MAX_DIFFERENCE_FLOAT16, check_parity
from core.export.versions import package_versions
from core.files import replace_file, write_json
from core.runs import Run
from core.training.data import Array, TrainingData
from core.training.event_log import log_movement
from core.training.fit import FitResult
from core.training.reporter import Reporter
from core.training.samples import log_samples

PARITY_IMAGES = 64
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
    """Writes `predictions.parquet`, `model.keras`, `model.tflite` and `account.json`.

    Args:
        run: The run.
        model: The whole model.
        trained: Its part behind the stored features.
        features: Array `(images, ...)` that `trained` takes.
        data: The images.
        result: How the fit ended.
        account: What goes into `account.json`, without its `parity`.
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
    replace_file(run.model_path, model.save)
    export_litert(model, run.litert_path)
    account["parity"] = _parity(run, predictions, data, features.dtype)
    account["versions"] = package_versions()
    write_json(run.account_path, account)
    log_movement(run.path, result.best_epoch, account["proof"]["movement"])
    files = dict(zip(data.names, data.images.paths, strict=True))
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


def _parity(
    run: Run, predictions: pd.DataFrame, data: TrainingData, stored: np.dtype[Any]
) -> dict[str, Any]:
    chosen = predictions.iloc[:: max(1, len(predictions) // PARITY_IMAGES)].head(PARITY_IMAGES)
    files = dict(zip(data.names, data.images.paths, strict=True))
    expected = np.stack(list(chosen["probabilities"]))
    paths = [files[name] for name in chosen["path"]]
    classifier = load_classifier(run)
    allowed = MAX_DIFFERENCE_FLOAT16 if stored == np.float16 else MAX_DIFFERENCE
    size = run.base.image_size
    return dataclasses.asdict(check_parity(classifier, paths, size, expected, allowed))
