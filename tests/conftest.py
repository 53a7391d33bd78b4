"""A workspace of its own and a tiny data set for every test that asks for one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.config import Settings
from core.datasets import Dataset, DatasetStore
from core.datasets.manifest import COLUMNS

COLOURS = ((200, 40, 40), (40, 180, 60), (50, 70, 210), (200, 180, 40))
SPLITS = ("train", "train", "train", "val", "test")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a workspace under the test's own folder; child processes see them too."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(workspace))
    monkeypatch.delenv("UNFREEZE_SCHEDULER", raising=False)
    return Settings.from_environment()


@pytest.fixture
def make_dataset(settings: Settings) -> Callable[..., Dataset]:
    """Makes a data set of noisy coloured squares: easy to learn, a few hundred bytes an image."""

    def make(classes: int = 3, per_class: int = 10, name: str = "Squares") -> Dataset:
        import hashlib

        folder = settings.datasets_dir / name.lower()
        root = folder / "images"
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
                split = SPLITS[i % len(SPLITS)]
                size = path.stat().st_size
                facts = (32, 32, size, "RGB", "PNG", digest, "", True)
                rows.append((path.name, f"class {label}", label, split, *facts))
        names = tuple(f"class {label}" for label in range(classes))
        manifest = pd.DataFrame(rows, columns=list(COLUMNS))
        return DatasetStore(settings.datasets_dir).save(name.lower(), name, manifest, names, root)

    return make
