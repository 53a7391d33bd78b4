"""Does training from the store keep up with training from memory?

Run `python -m benchmarks.store_rate [--images N]`. The head and the suffix from the default block
are trained by plain `fit`: from arrays in memory, as Keras likes them best, and from the
memory-mapped store in the product's batches, in a new order each epoch. The two take turns. Values
are random: they do not change the time of a step. The last line is JSON, by what trains (`head`,
`suffix`, and `suffix16` from float16):
    steps_per_second: `memory` and `store`, the median epoch's; the first of a fit is left out.
    ratio: the store's over memory's, the median of the pairs.
    cpu_ratio: the same by the processor's time, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from core.backbones.blocks import default_block, find_blocks
from core.backbones.catalog import CATALOG
from core.backbones.compose import compose, head_input_name, set_trainable
from core.backbones.graph import step_output
from core.backbones.weights import load_backbone
from core.config import FeaturesType, HeadConfig, TrainingConfig
from core.training.batches import Batches
from core.training.feature_store import FeatureStore
from core.training.optimizer import compile_model
from core.training.stage import cut_before

CLASSES = 10
BATCH = 32


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Time and the processor's time at the end of every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[float, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Notes both."""
        self.times.append((time.perf_counter(), time.process_time()))

    def rates(self, steps: int) -> tuple[float, float]:
        """Steps a second of the second epoch, by either time."""
        (wall, cpu), (wall_end, cpu_end) = self.times
        return steps / (wall_end - wall), steps / (cpu_end - cpu)


def trained_part(size: int, tuned: bool) -> keras.Model:
    """The part behind the stored features, compiled: the head, or the suffix with it."""
    spec, config = CATALOG["efficientnet_lite0"], HeadConfig("", "", image_size=size)
    model = compose(load_backbone(spec, size, Path()), spec, config, CLASSES)
    tap = head_input_name(config)
    if tuned:
        blocks = find_blocks(model)
        first = default_block(blocks, spec.default_block)
        tap = cut_before(blocks, first)
        place = [block.name for block in blocks].index(first)
        set_trainable(model, [name for b in blocks[place:] for name in b.layers])
    part = keras.Model(step_output(model, tap), model.outputs[0])
    compile_model(part, TrainingConfig(learning_rate=1e-5))
    return part


def compare(part: keras.Model, stored: FeaturesType, count: int, rounds: int) -> dict[str, object]:
    """Trains epochs from memory and from the store in turns."""
    random = np.random.default_rng(0)
    values = random.normal(size=(count, *part.input_shape[1:])).astype(np.float32)
    labels = random.integers(0, CLASSES, count)
    steps = -(-count // BATCH)
    with tempfile.TemporaryDirectory() as folder:
        file = FeatureStore(Path(folder)).file("key", values.shape, stored)
        file.reserve()
        file.write(0, values)
        file.flush(count)
        batches = Batches(file.read(), np.arange(count), labels, BATCH, seed=0)
        rates: dict[str, list[tuple[float, float]]] = {"memory": [], "store": []}
        for _ in range(rounds):
            for name, source in (("memory", (values, labels, BATCH)), ("store", (batches,))):
                clock = Clock()
                part.fit(*source, epochs=2, shuffle=name == "memory", verbose=0, callbacks=[clock])
                rates[name].append(clock.rates(steps))
    memory, store = np.array(rates["memory"]), np.array(rates["store"])
    ratios = np.median(store / memory, axis=0)
    return {
        "steps_per_second": {
            "memory": round(float(np.median(memory[:, 0])), 2),
            "store": round(float(np.median(store[:, 0])), 2),
        },
        "ratio": round(float(ratios[0]), 3),
        "cpu_ratio": round(float(ratios[1]), 3),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints a line each, then the JSON."""
    parser = argparse.ArgumentParser(description="Training from the store against from memory.")
    parser.add_argument("--images", type=int, default=1_000)
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    kinds: tuple[tuple[str, bool, FeaturesType], ...] = (
        ("head", False, "float32"),
        ("suffix", True, "float32"),
        ("suffix16", True, "float16"),
    )
    result = {}
    for name, tuned, stored in kinds:
        part = trained_part(options.image_size, tuned)
        result[name] = compare(part, stored, options.images, options.rounds)
        print(f"{name:10} {json.dumps(result[name])}", flush=True)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
