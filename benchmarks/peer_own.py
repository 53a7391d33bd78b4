"""The product's pass over VGG16, timed like its peers'. Started by `peers`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np

from benchmarks.peer import answer
from core.backbones.catalog import CATALOG
from core.backbones.compose import compose, head_input_name
from core.backbones.weights import load_backbone
from core.config import HeadConfig
from core.training import forward


def main(arguments: list[str]) -> None:
    """Writes random weights for all, then answers requests to time the pass."""
    given = json.loads(arguments[0])
    spec, size = CATALOG["vgg16"], int(given["size"])
    keras.utils.set_random_seed(0)
    config = HeadConfig("", "", backbone="vgg16", image_size=size, head="classic")
    model = compose(load_backbone(spec, size, Path(), "random"), spec, config, 2)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    arrays = {f"{c.name}/{w.name}": w.numpy() for c in convolutions for w in c.weights}
    np.savez(given["weights"], **arrays)
    graphs = {}
    for batch in given["batches"]:
        forward.PASS_BATCH = batch  # the graph is made for one size of batch
        graphs[batch] = forward.forward_to(model, [head_input_name(config)])
    answer(given, lambda images: graphs[len(images)](images)[0].numpy())


if __name__ == "__main__":
    main(sys.argv[1:])
