"""Trains from the shell what a file describes, without a browser, and leaves the same run folders.

`python -m core.train CONFIG.yaml`. The exit code is 0, 1 where a run failed or was stopped or the
test accuracy is below the file's `minimum_test_accuracy`, and 2 where nothing could be started.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from core.backbones.catalog import find_backbone
from core.backbones.defaults import (
    suggest_dropout,
    suggest_fine_tuning,
    suggest_image_size,
    suggest_training,
)
from core.config import FineTuneConfig, HeadConfig, RunConfig
from core.datasets import Dataset, DatasetStore
from core.datasets.bundled import load_bundled
from core.datasets.importing import import_folder, import_zip
from core.errors import DatasetError, RunError, UnfreezeError
from core.evaluation.openings import record_openings
from core.files import read_json
from core.queue.supervisor import supervise
from core.runs import Run, RunState, RunStore, litert
from core.runs.recipe import FineTuneRecipe, Recipe, filled, head_config, read_recipe
from core.settings import Settings

_SAMPLE = "sample:"


def main(arguments: Sequence[str]) -> int:
    """Does what the command line says.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m core.train", description=__doc__)
    parser.add_argument("config", type=Path, help="what to train, as YAML")
    options = parser.parse_args(arguments)
    settings = Settings.from_environment()
    try:
        recipe = _read(options.config)
        dataset = _dataset(recipe, options.config.parent, settings)
        head = _head(recipe, dataset, settings)
    except (UnfreezeError, OSError) as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("Stopped before anything was trained.")
        return 2
    return _train_all(recipe, head, dataset, settings)


def _read(path: Path) -> Recipe:
    try:
        return read_recipe(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.", "Name a YAML file.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RunError(f"{path} is no YAML: {error}.", "See the example in README.") from error


def _dataset(recipe: Recipe, beside: Path, settings: Settings) -> Dataset:
    """The data set that is named; a folder or a zip is brought in first."""
    if recipe.data.startswith(_SAMPLE):
        return load_bundled(recipe.data.removeprefix(_SAMPLE), settings)
    path = beside / recipe.data
    if path.is_dir():
        return import_folder(path, settings, _quiet, anywhere=True)
    if path.is_file():
        return import_zip(path, recipe.name or path.stem, settings, _quiet)
    try:
        return DatasetStore(settings.datasets_dir).get(recipe.data)
    except DatasetError as error:
        raise DatasetError(
            f"`data` is {recipe.data!r}: no folder or zip at {path}, and no data set of that id.",
            f"Name one; data sets lie in {settings.datasets_dir}.",
        ) from error


def _head(recipe: Recipe, dataset: Dataset, settings: Settings) -> HeadConfig:
    """Head settings: the pages' suggestions, overridden by the file."""
    train = dataset.images("train")
    kind = recipe.head.get("head", HeadConfig.head)
    defaults = HeadConfig(
        dataset.id,
        dataset.version,
        head=kind,
        dropout=suggest_dropout(kind),
        training=suggest_training(kind, len(train)),
    )
    asked = head_config(recipe.head, defaults)
    spec = find_backbone(asked.backbone, settings.weights_dir)
    if "image_size" in recipe.head:
        return asked
    median = float(train[["width", "height"]].max(axis=1).median())
    return head_config({**recipe.head, "image_size": suggest_image_size(spec, median)}, defaults)


def _train_all(recipe: Recipe, head: HeadConfig, dataset: Dataset, settings: Settings) -> int:
    store = RunStore(settings.runs_dir)
    try:
        last = _train(store, head, dataset)
        if recipe.fine_tune is not None and last.status.state is RunState.COMPLETED:
            last = _train(store, _fine_tuning(recipe.fine_tune, last, settings), dataset)
    except UnfreezeError as error:
        _say(str(error))
        return 2
    if last.status.state is not RunState.COMPLETED:
        return 1
    _prepare(last)
    return _judge(last, recipe.minimum_test_accuracy)


def _prepare(run: Run) -> None:
    """Leaves the LiteRT model too: who trains from the shell takes the folder away."""
    try:
        litert.wait_for(run.path)
    except UnfreezeError as error:
        _say(str(error))
    except KeyboardInterrupt:
        _say("The run is complete; its LiteRT model is made when it is first needed.")


def _train(store: RunStore, config: RunConfig, dataset: Dataset) -> Run:
    run = store.create(config, dataset.name)
    _say(f"{run.path}")
    try:
        supervise(run.job)
    except KeyboardInterrupt:
        _say("Stopping; the best epoch's model is kept.")
        store.request_stop(run.id)
        supervise(store.get(run.id).job)
    run = store.get(run.id)
    error = run.status.error or {}
    words = f"{error.get('what', '')} {error.get('way_out', '')}".strip()
    _say(f"{run.status.state}{f': {words}' if words else _accuracies(run)}")
    if run.status.results.get("test_accuracy") is not None:
        record_openings(dataset.path, dataset.version, [run.id])  # it was just told
    return run


def _fine_tuning(recipe: FineTuneRecipe, head: Run, settings: Settings) -> FineTuneConfig:
    blocks = [block["name"] for block in read_json(head.account_path)["blocks"]]
    usual = find_backbone(head.base.backbone, settings.weights_dir).default_block or blocks[-1]
    block = recipe.block or usual
    if block not in blocks:
        raise RunError(f"`fine_tune.block` is {block!r}.", f"It is one of {', '.join(blocks)}.")
    training = filled(suggest_fine_tuning(head.base), recipe.training, "fine_tune.training")
    return FineTuneConfig(
        head.id, head.base, block, recipe.scope, recipe.freeze_batchnorm, training
    )


def _judge(run: Run, limit: float | None) -> int:
    accuracy = run.status.results.get("test_accuracy")
    if limit is None or (accuracy is not None and accuracy >= limit):
        return 0
    reached = "not measured: there are no test images" if accuracy is None else f"{accuracy:.4f}"
    _say(f"The test accuracy is {reached}; `minimum_test_accuracy` is {limit}.")
    return 1


def _accuracies(run: Run) -> str:
    shown = {s: run.status.results.get(f"{s}_accuracy") for s in ("val", "test")}
    return "".join(f", {s} accuracy {v:.4f}" for s, v in shown.items() if v is not None)


def _quiet(_done: int, _total: int) -> Any:
    return None


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
