"""A tiny data set of noisy coloured squares: easy to learn, a few hundred bytes an image."""

import hashlib

import numpy as np
import pandas as pd
from PIL import Image

from core.datasets import Dataset, DatasetStore
from core.datasets.manifest import COLUMNS
from core.settings import Settings

COLOURS = ((200, 40, 40), (40, 180, 60), (50, 70, 210), (200, 180, 40))
SPLITS = ("train", "train", "train", "val", "test")


def squares(
    settings: Settings, classes: int = 3, per_class: int = 10, name: str = "Squares"
) -> Dataset:
    """Writes the images and a manifest: three fifths train, a fifth each val and test."""
    root = settings.datasets_dir / name.lower() / "images"
    root.mkdir(parents=True)
    random = np.random.default_rng(0)
    rows = []
    for label in range(classes):
        for i in range(per_class):
            noise = random.integers(-30, 30, (32, 32, 3))
            pixels = np.clip(np.array(COLOURS[label]) + noise, 0, 255).astype("uint8")
            path = root / f"{label}-{i:02d}.png"
            Image.fromarray(pixels).save(path)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            facts = (32, 32, path.stat().st_size, "RGB", "PNG", digest, "", True)
            rows.append((path.name, f"class {label}", label, SPLITS[i % len(SPLITS)], *facts))
    names = tuple(f"class {label}" for label in range(classes))
    manifest = pd.DataFrame(rows, columns=list(COLUMNS))
    return DatasetStore(settings.datasets_dir).save(name.lower(), name, manifest, names, root)
