"""The article's workflow as a plain Keras script and as this product, side by side in one run.

`python -m benchmarks.seed_workflow [--images N] [--backbone vgg16|lite0] [--weights FILE]`

Ten head epochs, test, two epochs from the last block, test: same images, weights, order and seeds.

What counts: the script from its start to its end, its import of TensorFlow as a notebook's. The
product's runs go the way a user's do, from the moment they are queued to their end: a process that
has imported TensorFlow stands ready while nothing is trained, which is waited for before a run and
does not count. The bare pass without its imports. So that nobody has to believe that this is fair,
all ratios are there once more with what it takes to start each process: `..._with_start`.

The last line is JSON: `total_ratio`, `second_run_ratio`, `head_epoch_ratio`,
`fine_tune_epoch_ratio` (the script's time over the product's), `one_pass_ratio` (the product's cold
time over one bare forward pass of all images and bare training of the rest) and
`max_probability_difference` on the test images, whose true classes nobody could tell for sure.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from core.config import FineTuneConfig, HeadConfig, RunConfig, TrainingConfig, config_to_dict
from core.datasets import Dataset, DatasetStore
from core.datasets.layout import FoundImage
from core.datasets.scan import scan
from core.queue.supervisor import supervise
from core.queue.warm import QUIET_SECONDS, WarmWorker
from core.runs import Run, RunStore
from core.runs.metrics_log import epoch_table, read_metrics
from core.settings import APP_ROOT, Settings

BLOCKS = {"vgg16": "block5", "efficientnet_lite0": "block6"}
NAMES = {"vgg16": "vgg16", "lite0": "efficientnet_lite0"}
SIZE = 150
HEAD = TrainingConfig(learning_rate=1e-4, epochs=10, batch_size=32)
FINE_TUNE = TrainingConfig(learning_rate=1e-5, epochs=2, batch_size=32)
# How long a process may take to stand ready.
READY_SECONDS = 120.0


def main() -> None:
    """Runs everything and prints the table and the JSON line."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(workspace=Path(folder))
        if options.weights:
            settings.weights_dir.mkdir()
            target = settings.weights_dir / f"{options.backbone}{''.join(options.weights.suffixes)}"
            target.symlink_to(options.weights.resolve())
        dataset = make_images(settings, options.images)
        config = HeadConfig(
            dataset.id,
            dataset.version,
            backbone=NAMES[options.backbone],
            image_size=SIZE,
            head="classic",
            dropout=0.5,
            training=HEAD,
        )
        script = _script(settings, config)
        with WarmWorker(settings.queue_dir) as ready:
            cold = product(settings, config, ready)
            warm = product(settings, config, ready)
        bare = _bare(settings, config)
        _report(options, script, cold, warm, bare)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=423, help="train and val together")
    parser.add_argument("--backbone", choices=sorted(NAMES), default="vgg16")
    parser.add_argument("--weights", type=Path, help="pretrained weights of VGG16")
    return parser.parse_args()


def make_images(settings: Settings, count: int) -> Dataset:
    """Photograph-like images of two classes: train and val from `count`, as many test as val.

    A coarse and a fine pattern lie over each other, more of the fine one in the second class, on
    average: the classes overlap, so that a good model's probabilities are neither 0 nor 1.
    """
    random = np.random.default_rng(0)
    root = settings.datasets_dir / "synthetic" / "images"
    val = count // 4
    splits = ["train"] * (count - val) + ["val"] * val + ["test"] * val
    found = []
    for i, split in enumerate(splits):
        label = i % 2
        path = root / split / str(label) / f"{i:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        share = np.clip(random.normal(0.4 + 0.2 * label, 0.15), 0, 1)
        Image.blend(_pattern(random, 6), _pattern(random, 12), share).save(path, quality=90)
        name = f"{split}/{label}/{path.name}"
        found.append(FoundImage(name, str(label), split))
    manifest = scan(root, found, ("0", "1"), settings.max_pixels, lambda done, total: None)
    store = DatasetStore(settings.datasets_dir)
    return store.save("synthetic", "Synthetic", manifest, ("0", "1"), root)


def _pattern(random: np.random.Generator, rows: int) -> Image.Image:
    spots = random.integers(0, 256, (rows, rows * 4 // 3, 3), dtype=np.uint8)
    return Image.fromarray(spots).resize((400, 300), Image.Resampling.BICUBIC)


def _script(settings: Settings, config: HeadConfig) -> dict[str, Any]:
    folder = settings.workspace / "script"
    folder.mkdir()
    given = {
        "workspace": str(settings.workspace),
        "head": config_to_dict(config),
        "block": BLOCKS[config.backbone],
        "fine_tune": dataclasses.asdict(FINE_TUNE),
    }
    (folder / "settings.json").write_text(json.dumps(given), encoding="utf-8")
    _, total = _python("benchmarks.plain_script", str(folder / "settings.json"), settings)
    times = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    test = np.load(folder / "probabilities.npy")
    return {"total": total, "with_start": total, **times, "test": test}


def product(
    settings: Settings, config: HeadConfig, ready: WarmWorker | None = None
) -> dict[str, Any]:
    """Both runs, one after the other.

    Args:
        settings: Names the workspace.
        config: The head run.
        ready: Keep the process that stands ready; None starts one for each run.

    Returns:
        `total`, the seconds from a run's queuing to its end, of both; `with_start`, the same and
        what the processes took to be ready; seconds of each epoch; test probabilities.
    """
    os.environ["UNFREEZE_WORKSPACE"] = str(settings.workspace)
    store = RunStore(settings.runs_dir)
    head, seconds, start = _train(store, config, ready)
    fine_tune = FineTuneConfig(head.id, config, BLOCKS[config.backbone], training=FINE_TUNE)
    tuned, more_seconds, other_start = _train(store, fine_tune, ready)
    total = seconds + more_seconds
    return {
        "total": total,
        "with_start": total + start + other_start,
        "head_epochs": _seconds(head),
        "fine_tune_epochs": _seconds(tuned),
        "test": np.stack([_probabilities(head), _probabilities(tuned)]),
    }


def _train(
    store: RunStore, config: RunConfig, ready: WarmWorker | None
) -> tuple[Run, float, float]:
    """Trains; the run, its seconds, and those that the ready process had taken before."""
    waited = time.monotonic()
    if ready is not None and not ready.wait(READY_SECONDS):
        print(
            "no process stands ready (little memory, a GPU, or UNFREEZE_WARM=off): one is started"
        )
    began = time.monotonic()
    start = began - waited - QUIET_SECONDS if ready is not None and ready.wait(0) else 0.0
    run = store.create(config)
    with ready.busy() if ready is not None else nullcontext():
        supervise(run.job, ready)
    seconds = time.monotonic() - began
    done = store.get(run.id)
    if not done.has_model:
        raise RuntimeError(f"the run ended as {done.status}")
    return done, seconds, max(0.0, start)


def _seconds(run: Run) -> list[float]:
    return [float(value) for value in epoch_table(read_metrics(run.metrics_path))["seconds"]]


def _probabilities(run: Run) -> np.ndarray[Any, Any]:
    table = pd.read_parquet(run.predictions_path)
    table = table[table["split"] == "test"]
    return np.stack(list(table["probabilities"]))[:, 1:]


def _bare(settings: Settings, config: HeadConfig) -> dict[str, Any]:
    """One forward pass and the training of the rest, without the product around them."""
    output, seconds = _python("benchmarks.bare_pass", json.dumps(config_to_dict(config)), settings)
    return {**json.loads(output.splitlines()[-1]), "with_start": seconds}


def _python(module: str, argument: str, settings: Settings) -> tuple[str, float]:
    """What a process of its own prints, and its seconds from start to end."""
    began = time.monotonic()
    environment = {
        **os.environ,
        "UNFREEZE_WORKSPACE": str(settings.workspace),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, "-m", module, argument],
        cwd=APP_ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout, time.monotonic() - began


def _report(
    options: argparse.Namespace,
    script: dict[str, Any],
    cold: dict[str, Any],
    warm: dict[str, Any],
    bare: dict[str, Any],
) -> None:
    rows = [
        ("script", script),
        ("product, first run", cold),
        ("product, second run", warm),
    ]
    print(f"{options.backbone}, {options.images} images and {options.images // 4} test images")
    for name, values in rows:
        head, tuned = _steady(values["head_epochs"]), _steady(values["fine_tune_epochs"])
        epochs = f"head epoch {head:8.3f} s  fine-tuning epoch {tuned:8.2f} s"
        print(f"{name:20} {_both(values)}  {epochs}")
    print(f"{'bare pass + training':20} {_both(bare)}  pass {bare['pass']:.1f} s")
    with_start = _totals(script, cold, warm, bare, "with_start")
    middle = np.median(np.abs(script["test"] - 0.5), axis=(1, 2))
    differences = np.abs(script["test"] - cold["test"]).max(axis=(1, 2))
    words = f"head {differences[0]:.1e}, fine-tuned {differences[1]:.1e}"
    print(f"largest difference of a probability: {words}")
    print(f"half of the probabilities lie within 0.5 +- {middle[0]:.2f}, {middle[1]:.2f}")
    print(
        json.dumps(
            {
                **_totals(script, cold, warm, bare, "total"),
                "head_epoch_ratio": round(
                    _steady(script["head_epochs"]) / _steady(cold["head_epochs"]), 1
                ),
                "fine_tune_epoch_ratio": round(
                    _steady(script["fine_tune_epochs"]) / _steady(cold["fine_tune_epochs"]), 2
                ),
                "max_probability_difference": float(differences.max()),
                **{f"{name}_with_start": ratio for name, ratio in with_start.items()},
            }
        )
    )


def _totals(
    script: dict[str, Any],
    cold: dict[str, Any],
    warm: dict[str, Any],
    bare: dict[str, Any],
    kind: str,
) -> dict[str, float]:
    return {
        "total_ratio": round(script[kind] / cold[kind], 2),
        "second_run_ratio": round(script[kind] / warm[kind], 2),
        "one_pass_ratio": round(cold[kind] / bare[kind], 3),
    }


def _both(values: dict[str, Any]) -> str:
    """Seconds, and with the start of the processes."""
    return f"{values['total']:8.1f} s ({values['with_start']:.1f} s with start)"


def _steady(seconds: list[float]) -> float:
    """The median epoch without the first, which traces and compiles."""
    return statistics.median(seconds[1:] or seconds)


if __name__ == "__main__":
    main()
