"""The sample data sets that come with the app."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from core.datasets.decode import upright_rgb
from core.datasets.importing import import_zip
from core.datasets.layout import FoundImage
from core.datasets.scan import scan
from core.datasets.staging import publish, staging
from core.datasets.store import Dataset, DatasetStore
from core.errors import DatasetError
from core.language import mark, tr
from core.settings import Settings

Progress = Callable[[int, int], None]
CLIPART = Path(__file__).with_name("bundled") / "clipart.zip"
DIGITS_ID = "digits-sample"
# As many test images as a fine-tuning of this size needs to show what it does.
DIGITS_TEST, DIGITS_VAL = 881, 377


@dataclass(frozen=True)
class BundledSample:
    """One sample: its key, title and one sentence; the words are for `tr`."""

    key: str
    title: str
    sentence: str


BUNDLED = (
    BundledSample(
        "digits",
        mark("Handwritten digits"),
        mark("1,797 small grey images, nothing like the photographs the backbone knows."),
    ),
    BundledSample(
        "clipart",
        mark("Clip art"),
        mark("520 drawings of eight things that the backbone has met as photographs."),
    ),
)


def load_bundled(key: str, settings: Settings, progress: Progress | None = None) -> Dataset:
    """Brings a sample into the workspace, or finds it there.

    Raises:
        DatasetError: If there is no such sample.
    """
    report = progress or (lambda done, total: None)
    if key == "clipart":
        return import_zip(CLIPART, tr("Clip art"), settings, report)
    if key == "digits":
        return _digits(settings, report)
    raise DatasetError(
        tr("There is no sample {key}.", key=repr(key)), tr("Choose one on the Data page.")
    )


def glimpse(key: str, count: int) -> list[Image.Image]:
    """The first images of a sample, one a class, without bringing it in."""
    if key == "digits":
        return [_on_paper(pixels) for pixels in load_digits().images[:count]]
    with zipfile.ZipFile(CLIPART) as archive:
        paths = [PurePosixPath(n) for n in archive.namelist() if n.endswith(".jpg")]
        by_class = {path.parent.name: path for path in sorted(paths, reverse=True)}
        chosen = [str(by_class[name]) for name in sorted(by_class)][:count]
        images = [Image.open(io.BytesIO(archive.read(name))) for name in chosen]
    return [upright_rgb(image) for image in images]


def _on_paper(pixels: np.ndarray[Any, Any]) -> Image.Image:
    """16 levels of ink become black on white."""
    return Image.fromarray((255 - pixels * 255 / 16).astype(np.uint8))


def _digits(settings: Settings, progress: Progress) -> Dataset:
    store = DatasetStore(settings.datasets_dir)
    if (settings.datasets_dir / DIGITS_ID / "dataset.json").exists():
        return store.get(DIGITS_ID)
    digits = load_digits()
    splits = _digit_splits(digits.target)
    found = [
        FoundImage(f"{split}/{label}/{i:04d}.png", str(label), split)
        for i, (label, split) in enumerate(zip(digits.target, splits, strict=True))
    ]
    names = tuple(str(number) for number in range(10))
    source = "scikit-learn, Optical Recognition of Handwritten Digits"
    with staging(settings.datasets_dir) as temporary:
        images = temporary / DIGITS_ID / "images"
        for image, pixels in zip(found, digits.images, strict=True):
            path = images / image.path
            path.parent.mkdir(parents=True, exist_ok=True)
            _on_paper(pixels).save(path)
        manifest = scan(images, found, names, settings.max_pixels, progress)
        made = DatasetStore(temporary).save(
            DIGITS_ID, tr("Handwritten digits"), manifest, names, images, source
        )
        return publish(made.path, settings.datasets_dir)


def _digit_splits(labels: np.ndarray) -> list[str]:
    """Stratified and always the same: 539 train, 377 val, 881 test."""
    splits = np.full(len(labels), "train", dtype=object)
    rest, test = train_test_split(
        np.arange(len(labels)), test_size=DIGITS_TEST, stratify=labels, random_state=0
    )
    _, val = train_test_split(rest, test_size=DIGITS_VAL, stratify=labels[rest], random_state=0)
    splits[test], splits[val] = "test", "val"
    return [str(split) for split in splits]
