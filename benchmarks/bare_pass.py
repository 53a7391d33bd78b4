"""The least that the workflow can cost: one forward pass, and training what comes after the cut.

Started by `seed_workflow`; prints JSON with `pass` and `total` in seconds. Building and decoding
count, as they do for the product; importing, storing and saving do not.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import keras
import numpy as np

from benchmarks.seed_workflow import BLOCKS, FINE_TUNE
from core.backbones.blocks import find_blocks
from core.backbones.catalog import find_backbone
from core.backbones.compose import compose, head_input_name, set_trainable
from core.backbones.graph import step_output
from core.backbones.weights import load_backbone
from core.config import HeadConfig, TrainingConfig, config_from_dict
from core.datasets import DatasetStore
from core.settings import Settings
from core.training.batches import Batches
from core.training.data import TrainingData, training_data
from core.training.optimizer import compile_model
from core.training.stage import cut_before

PASS_BATCH = 16
BEGAN = time.monotonic()


def main(arguments: list[str]) -> None:
    """Does both and prints the seconds."""
    config = config_from_dict(json.loads(arguments[0]))
    if not isinstance(config, HeadConfig):
        raise TypeError(f"a head run's configuration is needed. Received: {arguments[0]}")
    settings = Settings.from_environment()
    data = training_data(DatasetStore(settings.datasets_dir).get(config.dataset_id))
    spec = find_backbone(config.backbone)
    backbone = load_backbone(spec, config.image_size, settings.weights_dir)
    model = compose(backbone, spec, config, len(data.class_names))
    blocks = find_blocks(model)
    cut = cut_before(blocks, BLOCKS[config.backbone])
    outputs = [step_output(model, head_input_name(config)), step_output(model, cut)]
    prefix = keras.Model(model.inputs[0], outputs)
    began = time.monotonic()
    images = np.stack([file.decode(config.image_size) for file in data.images.files])
    head_features, cut_features = prefix.predict(images, batch_size=PASS_BATCH, verbose=0)
    seconds = time.monotonic() - began
    _fit(keras.Model(outputs[0], model.outputs[0]), head_features, data, config.training)
    names = [block.name for block in blocks]
    first = names.index(BLOCKS[config.backbone])
    set_trainable(model, [name for block in blocks[first:] for name in block.layers])
    _fit(keras.Model(outputs[1], model.outputs[0]), cut_features, data, FINE_TUNE)
    total = time.monotonic() - BEGAN
    print(json.dumps({"pass": seconds, "total": total}))


def _fit(
    part: keras.Model, features: np.ndarray[Any, Any], data: TrainingData, training: TrainingConfig
) -> None:
    compile_model(part, training)
    train = data.rows["train"]
    part.fit(
        Batches(features, train, data.labels[train], training.batch_size, training.seed),
        validation_data=data.batches(features, "val", training),
        epochs=training.epochs,
        shuffle=False,
        verbose=0,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
