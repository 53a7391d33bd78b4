"""What storing features in float16 does to accuracy.

Run `python -m benchmarks.half_precision [--seeds N]`. On both bundled data sets a head is trained
and then fine-tuned from the default block, with features stored in float32 and in float16, and
the same seeds: real runs, on the same images. The last line is JSON, by data set and stage:
    float32, float16: test accuracy of each seed.
    difference: mean of float16's less float32's.
    changed: share of test images that are classified otherwise, all seeds together.
    mb: what was stored, by type; `clipped`: values that were too large.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.config import FeaturesType, FineTuneConfig, HeadConfig, RunConfig
from core.config import TrainingConfig as Training
from core.datasets import Dataset
from core.datasets.bundled import load_bundled
from core.runs import Run, RunStore
from core.settings import Settings
from core.training import worker

TYPES: tuple[FeaturesType, ...] = ("float32", "float16")
SETS = ("digits", "clipart")
SIZE = 96
BLOCK = "block6"


def train(store: RunStore, config: RunConfig) -> Run:
    """Trains a run in this process: importing TensorFlow once is enough."""
    run = store.create(config)
    worker.main([str(run.path)])
    done = store.get(run.id)
    if not done.has_model:
        raise RuntimeError(f"the run ended as {done.status}")
    return done


def both_stages(
    store: RunStore, dataset: Dataset, kind: FeaturesType, seed: int, epochs: tuple[int, int]
) -> dict[str, Run]:
    """A head run and the fine-tuning that follows it."""
    training = Training(epochs=epochs[0], seed=seed, features_type=kind)
    base = HeadConfig(dataset.id, dataset.version, image_size=SIZE, training=training)
    head = train(store, base)
    tuning = dataclasses.replace(training, learning_rate=1e-4, epochs=epochs[1])
    return {
        "head": head,
        "fine_tuning": train(store, FineTuneConfig(head.id, base, BLOCK, training=tuning)),
    }


def predicted(run: Run) -> np.ndarray[Any, Any]:
    """What each test image was taken for."""
    table = pd.read_parquet(run.predictions_path)
    return table[table["split"] == "test"]["predicted"].to_numpy()


def compared(runs: dict[FeaturesType, list[Run]]) -> dict[str, Any]:
    """One stage's part of the JSON."""
    accuracies = {
        kind: [round(float(run.status.results["test_accuracy"]), 4) for run in runs[kind]]
        for kind in TYPES
    }
    one, two = (np.concatenate([predicted(run) for run in runs[kind]]) for kind in TYPES)
    stored = {kind: json.loads(runs[kind][0].account_path.read_text()) for kind in TYPES}
    return {
        **accuracies,
        "difference": round(
            float(np.mean(accuracies["float16"]) - np.mean(accuracies["float32"])), 4
        ),
        "changed": round(float((one != two).mean()), 4),
        "mb": {kind: round(stored[kind]["features"]["bytes"] / 1e6, 1) for kind in TYPES},
        "clipped": stored["float16"]["features"]["clipped"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains all runs, prints a line for each stage, then the JSON."""
    parser = argparse.ArgumentParser(description="Accuracy with features in float16.")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs=2, default=(30, 5), help="head, fine-tuning")
    options = parser.parse_args(arguments)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["UNFREEZE_WORKSPACE"] = folder
        settings = Settings(workspace=Path(folder))
        store = RunStore(settings.runs_dir)
        for name in options.sets:
            dataset = load_bundled(name, settings)
            runs = {
                kind: [
                    both_stages(store, dataset, kind, seed, tuple(options.epochs))
                    for seed in range(options.seeds)
                ]
                for kind in TYPES
            }
            result[name] = {}
            for stage in ("head", "fine_tuning"):
                values = compared({kind: [run[stage] for run in runs[kind]] for kind in TYPES})
                result[name][stage] = values
                print(f"{name:8} {stage:12} {json.dumps(values)}", flush=True)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
