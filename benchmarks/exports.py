"""Every format of several backbones, each run in its own runtime against the trained Keras model.

`python -m benchmarks.exports [--backbones NAME...] [--formats NAME...] [--images N] [--size PX]`

The bundled backbone has its ImageNet weights; the others have random ones unless `--weights`
names a folder with theirs. Every head is trained for some steps, so that answers differ between
images. Formats whose packages are missing are left out and named. The last line is JSON: `results`,
rows of `backbone`, `format`, `max_difference`, `flips`, `mb`, `ms_per_image`, `accuracy`,
`trained_accuracy` and `refusal`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks.seed_workflow import make_images
from core.backbones.catalog import find_backbone
from core.backbones.compose import compose
from core.backbones.weights import load_backbone
from core.config import HeadConfig
from core.datasets import Dataset
from core.datasets.scanned import decoded, scanned_images
from core.errors import ExportError
from core.export.formats import FORMATS
from core.export.task import work
from core.files import read_json, write_json
from core.jobs.reporter import Reporter
from core.runs import Run, RunStore
from core.settings import Settings

BACKBONES = ("efficientnet_lite0", "vgg16", "resnet50", "mobilenet_v2", "efficientnet_b0")
TRAINED_IMAGES = 64


def main() -> None:
    """Runs everything and prints the table and the JSON line."""
    options = _options()
    keras.config.disable_interactive_logging()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["UNFREEZE_WORKSPACE"] = folder
        settings = Settings.from_environment()
        dataset = make_images(settings, 4 * options.images)
        for name in options.backbones:
            run = _run(name, dataset, settings, options)
            for key in options.formats:
                if FORMATS[key].missing:
                    print(f"{name:20} {key:15} not installed: {', '.join(FORMATS[key].missing)}")
                    continue
                rows.append(_measure(name, key, run))
    print(json.dumps({"results": rows}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbones", nargs="+", default=list(BACKBONES))
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), default=list(FORMATS))
    parser.add_argument("--images", type=int, default=100, help="test images")
    parser.add_argument("--size", type=int, default=96, help="image size in pixels")
    parser.add_argument("--weights", type=Path, help="folder with the backbones' weights")
    return parser.parse_args()


def _run(name: str, dataset: Dataset, settings: Settings, options: argparse.Namespace) -> Run:
    """A run's folder with a model, as a worker leaves it."""
    config = HeadConfig(dataset.id, dataset.version, backbone=name, image_size=options.size)
    run = RunStore(settings.runs_dir).create(config, dataset.name)
    spec = find_backbone(name)
    pretrained = spec.bundled or options.weights is not None
    keras.utils.set_random_seed(0)
    backbone = load_backbone(
        spec,
        options.size,
        options.weights or settings.weights_dir,
        "imagenet" if pretrained else "random",
    )
    model = compose(backbone, spec, config, len(dataset.class_names))
    _train_head(model, dataset, options.size)
    model.save(run.model_path)
    facts = {"class_names": list(dataset.class_names), "image_size": options.size}
    write_json(run.path / "predict.json", facts)
    return run


def _train_head(model: keras.Model, dataset: Dataset, size: int) -> None:
    table = dataset.images("train").head(TRAINED_IMAGES)
    images, _ = decoded(scanned_images(dataset.root, table), size)
    labels = table["label"].to_numpy(np.int64)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
    model.fit(images.astype(np.float32), labels, epochs=3, batch_size=16, verbose=0)


def _measure(name: str, key: str, run: Run) -> dict[str, Any]:
    folder = run.path / "exports" / key
    folder.mkdir(parents=True)
    try:
        work(Reporter(folder))
    except ExportError as error:
        print(error)
    c = read_json(folder / "certificate.json")
    print(
        f"{name:20} {key:15} difference {c['max_difference']:.1e}  flips {c['label_flips']:3}  "
        f"{c['megabytes']:6.1f} MB  {c['ms_per_image']:6.1f} ms  accuracy {c['accuracy']:.3f} "
        f"(trained {c['trained_accuracy']:.3f})  {c['refusal']}",
        flush=True,
    )
    return {
        "backbone": name,
        "format": key,
        "max_difference": c["max_difference"],
        "flips": c["label_flips"],
        "mb": round(c["megabytes"], 2),
        "ms_per_image": round(c["ms_per_image"], 2),
        "accuracy": c["accuracy"],
        "trained_accuracy": c["trained_accuracy"],
        "refusal": c["refusal"],
    }


if __name__ == "__main__":
    main()
