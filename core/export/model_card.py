"""A run's model card: what the model is, what it learned from, and how far it can be trusted.

The parts follow M. Mitchell et al. (2019), Model Cards for Model Reporting, FAT* '19, 220-229.
"""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.backbones.catalog import find_backbone
from core.config import FineTuneConfig
from core.datasets import Dataset, Datasets
from core.errors import UnfreezeError
from core.evaluation.calibration import calibration
from core.evaluation.intervals import wilson
from core.evaluation.metrics import confusion_matrix, per_class
from core.evaluation.predictions import probability_matrix, read_predictions
from core.evaluation.rejection import read_rejection, threshold_in_words
from core.export.parity import parity_in_words, read_parity
from core.files import read_json
from core.language import in_english
from core.runs import Run
from core.runs.metrics_log import epoch_table, read_metrics
from core.settings import Settings
from core.versions import package_versions

CARD_NAME = "model_card.md"
_MOST_WEAK = 5
_MOST_EPOCHS = 40
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|])")


def model_card(run: Run, settings: Settings) -> str:
    """Writes the card of a finished run, in Markdown; in English, because it travels.

    Raises:
        RunError: If the run has no predictions.
        DatasetError: If its data set is gone.
    """
    base = run.base
    dataset = Datasets(settings.datasets_dir).get(base.dataset_id, base.dataset_version)
    account = read_json(run.account_path)
    with in_english():
        parts = [
            f"# {_plain(run.dataset_name or dataset.name)}: model card",
            _summary(run, dataset, settings),
            _data(dataset),
            _model(run, account, settings),
            _training(run),
            _results(run, dataset.class_names),
            _limits(run),
            _origin(run, account),
        ]
    return "\n\n".join(parts) + "\n"


def keras_with_card(run: Run, settings: Settings) -> bytes:
    """The run's `.keras` file with the card inside; Keras loads it as before."""
    buffer = io.BytesIO(run.model_path.read_bytes())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(CARD_NAME, model_card(run, settings))
    return buffer.getvalue()


def keras_file(run: Run, settings: Settings) -> bytes:
    """The run's `.keras` file, with its card inside where there can be one."""
    try:
        return keras_with_card(run, settings)
    except (UnfreezeError, OSError, ValueError, zipfile.BadZipFile):
        return run.model_path.read_bytes()


def _summary(run: Run, dataset: Dataset, settings: Settings) -> str:
    spec = find_backbone(run.base.backbone, settings.weights_dir)
    names = ", ".join(_plain(name) for name in dataset.class_names)
    return (
        f"Tells {len(dataset.class_names)} classes apart in photographs or drawings: {names}. "
        f"It is {_plain(spec.title)} with a new head"
        f"{', partly fine-tuned' if isinstance(run.config, FineTuneConfig) else ''}. It takes RGB "
        f"images of {run.base.image_size} x {run.base.image_size} pixels, values 0 to 255."
    )


def _data(dataset: Dataset) -> str:
    table = dataset.manifest()
    table = table[table["usable"]]
    counts = pd.crosstab(table["class_name"], table["split"])
    splits = ["train", "val", "test"]
    rows = [
        [_plain(name), *(str(counts.get(s, pd.Series()).get(name, 0)) for s in splits)]
        for name in dataset.class_names
    ]
    notes = "".join(f"\n- {_plain(note)}" for note in dataset.notes)
    return (
        f"## Data\n\n{_plain(dataset.name)}, version {dataset.version}"
        f"{f', from {_plain(dataset.source)}' if dataset.source else ''}.\n\n"
        f"{_table(['Class', *splits], rows)}{f'{chr(10)}{notes}' if notes else ''}"
    )


def _model(run: Run, account: dict[str, Any], settings: Settings) -> str:
    spec = find_backbone(run.base.backbone, settings.weights_dir)
    unfrozen = ", ".join(account["unfrozen"]) or "nothing: the head alone was trained"
    proof = account.get("proof") or {}
    kept = proof.get("frozen_unchanged"), proof.get("frozen_tensors")
    start = "ImageNet" if run.base.weights == "imagenet" else "random values"
    lines = [
        f"Backbone: {_plain(spec.title)}, weights from {start}; licence: {_plain(spec.licence)}.",
        f"Head: {run.base.head}, dropout {run.base.dropout:g}.",
        f"Unfrozen: {unfrozen}.",
        f"Parameters: {account['trainable']:,} trained, {account['frozen']:,} frozen.",
        str(account.get("batchnorm", "")),
        f"Frozen weights that are bit for bit what they were: {kept[0]} of {kept[1]}."
        if kept[1]
        else "",
        parity_in_words(read_parity(run)),
    ]
    return "## Model\n\n" + "\n".join(f"- {line}" for line in lines if line)


def _training(run: Run) -> str:
    t = run.config.training
    best = run.status.results.get("best_epoch")
    epochs = epoch_table(read_metrics(run.metrics_path))
    if len(epochs) > _MOST_EPOCHS:
        kept = np.unique(np.linspace(0, len(epochs) - 1, _MOST_EPOCHS).astype(int))
        epochs = epochs.iloc[kept]
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    rows = [
        [str(int(row["epoch"])), *(_number(row[column]) for column in columns)]
        for _, row in epochs.iterrows()
    ]
    return (
        f"## Training\n\n{t.optimizer}, learning rate {t.learning_rate:g} ({t.schedule}), batches "
        f"of {t.batch_size}, seed {t.seed}, augmentation {t.augmentation.mode}. The weights are "
        f"those of epoch {best}.\n\n{_table(['Epoch', *columns], rows)}"
    )


def _results(run: Run, class_names: Sequence[str]) -> str:
    found = read_predictions(run, "test")
    split = "test" if len(found) else "val"
    predictions = found if len(found) else read_predictions(run, "val")
    labels = predictions["label"].to_numpy(np.int64)
    right = int((predictions["predicted"] == predictions["label"]).sum())
    accuracy = wilson(right, len(predictions))
    sure = calibration(labels, probability_matrix(predictions))
    unseen = "" if split == "test" else " There were no test images: these chose the best epoch."
    return (
        f"## Results on {len(predictions):,} {split} images\n\n"
        f"- Accuracy {_share(accuracy.estimate)}, 95 % interval {_share(accuracy.low)} to "
        f"{_share(accuracy.high)}.{unseen}\n"
        f"- Calibration: on average {_share(sure.confidence)} sure and {_share(sure.accuracy)} "
        f"right; expected calibration error {_share(sure.error)}.\n\n"
        f"Weakest classes:\n\n{_weak(predictions, class_names)}"
    )


def _weak(predictions: pd.DataFrame, class_names: Sequence[str]) -> str:
    """The classes of which most images are missed, and what they are taken for."""
    table = per_class(predictions, class_names)
    matrix = confusion_matrix(predictions, len(class_names))
    np.fill_diagonal(matrix, 0)
    rows = []
    weakest = table[table["images"] > 0].sort_values("recall", kind="stable").head(_MOST_WEAK)
    for label, row in weakest.iterrows():
        others = matrix[int(str(label))]
        taken = _plain(class_names[int(others.argmax())]) if others.any() else "none"
        found = f"{_share(row['recall'])} ({_share(row['recall_low'])} to "
        found += f"{_share(row['recall_high'])})"
        rows.append([_plain(row["class_name"]), str(row["images"]), found, taken])
    return _table(["Class", "Images", "Found, 95 % interval", "Most often taken for"], rows)


def _limits(run: Run) -> str:
    rejection = read_rejection(run)
    threshold = (
        f'Below {threshold_in_words(rejection.threshold)} the answer counts as "none of these": '
        f"chosen on {rejection.images:,} {rejection.split} images."
        if rejection is not None
        else "It names one of its classes for any image, also for one that shows none of them."
    )
    return (
        "## Limits\n\n"
        "- The figures hold for images like the ones above; others may come out worse.\n"
        f"- {threshold}\n"
        "- It was not examined for fairness between groups of people, nor against attacks."
    )


def _origin(run: Run, account: dict[str, Any]) -> str:
    versions = account.get("versions") or package_versions()
    finished = time.strftime("%Y-%m-%d", time.localtime(run.status.finished or run.created))
    shown = ", ".join(f"{name} {number}" for name, number in versions.items())
    return f"## Origin\n\nRun {run.id}, finished {finished}, with {shown}."


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _number(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.4f}"


def _plain(text: str) -> str:
    """Names are text, whatever they hold."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
