"""The article's workflow as a plain Keras script: nothing stored, every image decoded every epoch.

It uses the product's decoder, order of images, initial weights and rule for the best epoch, so that
both end with the same model and only the time differs. Started by `seed_workflow` as a process of
its own: `python -m benchmarks.plain_script SETTINGS.json`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.backbones.blocks import find_blocks
from core.backbones.catalog import find_backbone
from core.backbones.compose import compose, set_trainable
from core.backbones.weights import load_backbone
from core.config import HeadConfig, TrainingConfig, config_from_dict
from core.datasets import DatasetStore
from core.datasets.scanned import ScannedImage
from core.settings import Settings
from core.training.batches import Batches
from core.training.callbacks import BestEpoch
from core.training.data import training_data
from core.training.optimizer import compile_model


class LazyImages:
    """An array of images that decodes what is asked for, each time."""

    def __init__(self, files: Sequence[ScannedImage], image_size: int) -> None:
        self.files = files
        self.image_size = image_size

    def __getitem__(self, rows: Any) -> np.ndarray[Any, Any]:
        return np.stack([self.files[row].decode(self.image_size) for row in rows])


class EpochTimes(keras.callbacks.Callback):  # type: ignore[misc]
    """Seconds of each epoch, validation included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the time."""
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keeps the seconds."""
        self.seconds.append(time.monotonic() - self._began)


def main(arguments: list[str]) -> None:
    """Runs the workflow and writes `result.json` and `probabilities.npy` beside the settings."""
    path = Path(arguments[0])
    given = json.loads(path.read_text(encoding="utf-8"))
    head, block = config_from_dict(given["head"]), given["block"]
    if not isinstance(head, HeadConfig):
        raise TypeError(f"`head` should be a head run's configuration. Received: {given['head']}")
    settings = Settings(workspace=Path(given["workspace"]))
    keras.utils.set_random_seed(head.training.seed)
    data = training_data(DatasetStore(settings.datasets_dir).get(head.dataset_id))
    images = LazyImages(data.images.files, head.image_size)

    spec = find_backbone(head.backbone)
    backbone = load_backbone(spec, head.image_size, settings.weights_dir)
    model = compose(backbone, spec, head, len(data.class_names))
    times = {"head_epochs": _fit(model, data, images, head.training)}
    before = _test(model, data, images)

    blocks = find_blocks(model)
    names = [b.name for b in blocks]
    unfrozen = [name for b in blocks[names.index(block) :] for name in b.layers]
    set_trainable(model, unfrozen)
    training = TrainingConfig(**given["fine_tune"])
    _restart_dropout(model)
    times["fine_tune_epochs"] = _fit(model, data, images, training)
    after = _test(model, data, images)
    np.save(path.with_name("probabilities.npy"), np.stack([before, after]))
    path.with_name("result.json").write_text(json.dumps(times), encoding="utf-8")


def _restart_dropout(model: keras.Model) -> None:
    """Dropout begins anew, as it does in the product, whose fine-tuning is another process."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign([layer.seed, 0])


def _fit(model: keras.Model, data: Any, images: Any, training: TrainingConfig) -> list[float]:
    compile_model(model, training)
    best, times = BestEpoch(), EpochTimes()
    train = data.rows["train"]
    model.fit(
        Batches(images, train, data.labels[train], training.batch_size, training.seed),
        validation_data=data.batches(images, "val", training),
        epochs=training.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[best, times],
    )
    best.restore()
    return times.seconds


def _test(model: keras.Model, data: Any, images: Any) -> np.ndarray[Any, Any]:
    batches = Batches(images, data.rows["test"], data.labels[data.rows["test"]], 32)
    return np.concatenate([model.predict_on_batch(batches[i][0]) for i in range(len(batches))])


if __name__ == "__main__":
    main(sys.argv[1:])
