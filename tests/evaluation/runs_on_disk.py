"""Run folders as the worker leaves them, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.config import FineTuneConfig, HeadConfig
from core.datasets import Dataset
from core.files import write_json
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.store import write_status
from core.settings import Settings


def predictions_table(
    labels: Sequence[int], predicted: Sequence[int], classes: int, split: str = "test"
) -> pd.DataFrame:
    """Predictions that give the predicted class 0.7 and share the rest among the others."""
    rows: list[npt.NDArray[np.float32]] = []
    for answer in predicted:
        row = np.full(classes, 0.3 / (classes - 1), dtype=np.float32)
        row[answer] = 0.7
        rows.append(row)
    return pd.DataFrame(
        {
            "path": [f"{split}/{i:04d}.png" for i in range(len(labels))],
            "split": split,
            "label": np.asarray(labels, dtype=np.int64),
            "predicted": np.asarray(predicted, dtype=np.int64),
            "probabilities": rows,
        }
    )


def finish_run(
    run: Run, predictions: pd.DataFrame, class_names: Sequence[str], **account: Any
) -> Run:
    """Writes what a worker writes at the end of a run, and reads the run again."""
    predictions.to_parquet(run.predictions_path, index=False)
    write_json(run.path / "predict.json", {"class_names": list(class_names), "image_size": 32})
    if account:
        write_json(run.account_path, account)
    accuracy = float((predictions["label"] == predictions["predicted"]).mean())
    results = {"val_accuracy": accuracy, "test_accuracy": accuracy, "epochs_done": 3}
    status = RunStatus(RunState.COMPLETED, started=1.0, finished=61.0, results=results)
    write_status(run.path, status)
    return RunStore(run.path.parent).get(run.id)


def head_config(dataset_id: str = "shapes", version: str = "v1") -> HeadConfig:
    return HeadConfig(dataset_id=dataset_id, dataset_version=version, image_size=32)


def make_pair(
    runs_dir: Path,
    class_names: Sequence[str],
    before: pd.DataFrame,
    after: pd.DataFrame,
    config: HeadConfig | None = None,
) -> tuple[Run, Run]:
    """A finished head run and a finished fine-tuning run that started from it."""
    store = RunStore(runs_dir)
    base = config or head_config()
    head = finish_run(store.create(base, "Shapes"), before, class_names)
    tuned = store.create(FineTuneConfig(head_run_id=head.id, base=base, block="block6"), "Shapes")
    return head, finish_run(tuned, after, class_names)


def dataset_predictions(dataset: Dataset, wrong: Collection[int]) -> pd.DataFrame:
    """Predictions on a data set's validation and test images.

    Args:
        dataset: The data set.
        wrong: Places among the test images that get the next class instead of the true one;
            validation is all right.
    """
    classes = len(dataset.class_names)
    tables = []
    for split in ("val", "test"):
        images = dataset.images(split)
        labels = images["label"].to_list()
        answers = [
            (label + 1) % classes if split == "test" and place in wrong else label
            for place, label in enumerate(labels)
        ]
        table = predictions_table(labels, answers, classes, split)
        tables.append(table.assign(path=images["path"]))
    return pd.concat(tables, ignore_index=True)


def finished_pair(
    settings: Settings, dataset: Dataset, before: Collection[int], after: Collection[int]
) -> tuple[Run, Run]:
    """A head run and a fine-tuning run on a data set; each with its wrong test images."""
    config = head_config(dataset.id, dataset.version)
    tables = [dataset_predictions(dataset, wrong) for wrong in (before, after)]
    return make_pair(settings.runs_dir, dataset.class_names, *tables, config)
