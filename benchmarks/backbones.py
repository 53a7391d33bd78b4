"""What storing the frozen part saves, for every backbone at every cut.

Run `python -m benchmarks.backbones` (about half an hour on two idle cores), or with `--quick` for
two backbones and few images. Weights are random and images noise: neither changes the time of a
step. Each choice is trained in two ways: as plain `fit` on the whole model, and as the product does
it, on the stored output before the first unfrozen block. The two take turns, so that a busy machine
slows both. Decoding images, which the store saves as well, is left out; so is the first epoch, in
which TensorFlow builds its graph.

The last line is JSON:
    image_size, images, batch_size: of the synthetic set.
    backbones: by name, `blocks` (how many), `parameters`, and `cuts`: by the first unfrozen block
        (`head` for none), `bytes` stored an image, `plain` and `stored` seconds of an epoch,
        `speed_up` (their quotient) and `expected` (from multiply-adds, null for the head).
    slower: cuts at which the store was slower than plain `fit` by more than a tenth.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

from core.backbones.account import account
from core.backbones.block import Block
from core.backbones.blocks import find_blocks
from core.backbones.catalog import CATALOG
from core.backbones.compose import (
    INPUT_NAME,
    compose,
    head_input_name,
    head_parameters,
    set_trainable,
)
from core.backbones.graph import step_output
from core.backbones.weights import load_backbone
from core.config import HeadConfig, Scope, TrainingConfig
from core.training.optimizer import compile_model

QUICK = ("efficientnet_lite0", "vgg16")
CLASSES = 10
BATCH_SIZE = 16
HEAD = "head"
SLOWER = 0.9


@dataclass(frozen=True)
class Cut:
    """What was measured for one choice of the first unfrozen block."""

    bytes: int
    plain: float
    stored: float
    speed_up: float
    expected: float | None


def epoch_seconds(
    ways: Sequence[tuple[keras.Model, np.ndarray]], labels: np.ndarray, epochs: int
) -> list[float]:
    """Trains several models in turns; gives each one's quickest epoch behind the first."""
    seconds: list[list[float]] = [[] for _ in ways]
    for model, _ in ways:
        compile_model(model, TrainingConfig(learning_rate=1e-5))
    for _ in range(epochs + 1):
        for (model, inputs), taken in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            model.fit(inputs, labels, BATCH_SIZE, verbose=0, shuffle=False)
            taken.append(time.perf_counter() - began)
    return [min(taken[1:]) for taken in seconds]


def stored_output(model: keras.Model, tap: str, images: np.ndarray) -> np.ndarray:
    """The output at a tap for every image; the images themselves where nothing is frozen."""
    if tap == INPUT_NAME:
        return images
    before = keras.Model(model.inputs[0], step_output(model, tap))
    starts = range(0, len(images), BATCH_SIZE)
    parts = [before(images[i : i + BATCH_SIZE], training=False) for i in starts]
    return np.concatenate([np.asarray(part) for part in parts])


def taps(blocks: Sequence[Block], config: HeadConfig) -> Iterator[tuple[str, str]]:
    """Each first unfrozen block with the operation whose output is stored for it."""
    before = INPUT_NAME
    for block in blocks:
        yield block.name, before
        before = block.layers[-1]
    yield HEAD, head_input_name(config)


def measure(model: keras.Model, first: str, tap: str, images: np.ndarray, epochs: int) -> Cut:
    """Times plain `fit` and training from the store for one choice."""
    blocks = find_blocks(model)
    scope: Scope = "none" if first == HEAD else "from"
    counts = account(blocks, head_parameters(model), first, scope, True, images[0].size)
    set_trainable(model, {n for b in blocks if b.name in counts.unfrozen for n in b.layers})
    labels = np.arange(len(images)) % CLASSES
    features = stored_output(model, tap, images)
    trained = keras.Model(step_output(model, tap), model.outputs[0])
    plain, stored = epoch_seconds([(model, images), (trained, features)], labels, epochs)
    # The product keeps images as they were decoded, a byte a value.
    size = images[0].size if tap == INPUT_NAME else features[0].nbytes
    expected = None if first == HEAD else round(counts.speed_up, 2)
    return Cut(size, round(plain, 3), round(stored, 3), round(plain / stored, 2), expected)


def measure_backbone(name: str, images: np.ndarray, epochs: int) -> dict[str, Cut]:
    """Measures one backbone at every cut, and prints a line for each."""
    spec, side = CATALOG[name], images.shape[1]
    keras.backend.clear_session()
    config = HeadConfig("", "", backbone=name, image_size=side, weights="random")
    model = compose(load_backbone(spec, side, Path(), "random"), spec, config, CLASSES)
    blocks = find_blocks(model)
    cuts = {}
    for first, tap in taps(blocks, config):
        cut = cuts[first] = measure(model, first, tap, images, epochs)
        expected = "" if cut.expected is None else f"{cut.expected:.2f}"
        print(
            f"{name:20}{len(blocks):7}{spec.parameters:12,}  {first:13}{cut.bytes:12,}"
            f"{cut.plain:9.3f}{cut.stored:9.3f}{cut.speed_up:9.2f}{expected:>9}",
            flush=True,
        )
    return cuts


def record(name: str, cuts: dict[str, Cut]) -> dict[str, object]:
    """One backbone's part of the JSON."""
    return {
        "blocks": len(cuts) - 1,  # one line is the head's
        "parameters": CATALOG[name].parameters,
        "cuts": {first: asdict(cut) for first, cut in cuts.items()},
    }


def options_from(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="What storing the frozen part saves.")
    parser.add_argument("--quick", action="store_true", help="two backbones, few images")
    parser.add_argument("--backbones", nargs="*", choices=list(CATALOG), metavar="NAME")
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--images", type=int)
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs; the quickest counts")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints a table, then the JSON."""
    options = options_from(arguments)
    count = options.images or (32 if options.quick else 96)
    side = options.image_size
    images = np.random.default_rng(0).uniform(0, 255, (count, side, side, 3)).astype(np.float32)
    print(
        f"{'backbone':20}{'blocks':>7}{'parameters':>12}  {'trained from':13}"
        f"{'bytes/image':>12}{'plain s':>9}{'stored s':>9}{'speed-up':>9}{'expected':>9}"
    )
    names = options.backbones or (QUICK if options.quick else CATALOG)
    cuts = {name: measure_backbone(name, images, options.epochs) for name in names}
    result = {
        "image_size": side,
        "images": count,
        "batch_size": BATCH_SIZE,
        "backbones": {name: record(name, measured) for name, measured in cuts.items()},
        "slower": [
            f"{name}/{first}"
            for name, measured in cuts.items()
            for first, cut in measured.items()
            if cut.speed_up < SLOWER
        ],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
