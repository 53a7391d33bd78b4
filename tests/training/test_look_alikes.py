"""Images that look alike by nature: from a zip to the verdict, as `python -m core.train` goes."""

from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw, ImageFilter
from sklearn.datasets import load_digits

from benchmarks.families import FAMILIES, plant_copies, saved, write_family
from core.config import HeadConfig
from core.datasets import Dataset, DatasetStore
from core.datasets.importing import import_zip
from core.datasets.split import SHARES
from core.evaluation.predictions import join_runs
from core.evaluation.verdict import judge_pairs
from core.jobs.job import Job
from core.jobs.state import JobState
from core.runs import Run, RunStore
from core.settings import Settings
from core.train import main
from tests.datasets.pictures import silent
from tests.patience import PATIENCE_S
from tests.workshop import Workshop

RECIPE = """
data: parts.zip
head:
  image_size: 32
  training: {epochs: 2, batch_size: 16, learning_rate: 1e-2}
fine_tune:
  block: top
  training: {epochs: 1, batch_size: 16}
"""
IMAGES, SIDE = 60, 96
IMAGES_OF_DIGITS = 600

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def trained(
    zipped: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> tuple[Dataset, Run, Run]:
    """Import a zip and train on it as `python -m core.train` does, in forked processes."""
    recipe = zipped.with_name("train.yaml")
    recipe.write_text(RECIPE.replace("parts.zip", zipped.name))

    def forked(job: Job) -> JobState:
        workshop = Workshop(settings, dataset_of(settings), RunStore(settings.runs_dir))
        run = workshop.store.get(job.folder.name)
        assert workshop.start_again(run).wait(PATIENCE_S) == 0, run.path
        return workshop.store.get(run.id).job.state

    monkeypatch.setattr("core.train.supervise", forked)
    assert main([str(recipe)]) == 0
    runs = RunStore(settings.runs_dir).list()
    (head,) = (run for run in runs if isinstance(run.config, HeadConfig))
    (tuned,) = (run for run in runs if run is not head)
    return dataset_of(settings), head, tuned


def dataset_of(settings: Settings) -> Dataset:
    """Return the only data set."""
    (dataset,) = DatasetStore(settings.datasets_dir).list()
    return dataset


def counts(dataset: Dataset) -> pd.DataFrame:
    """Usable images by class and split."""
    table = dataset.manifest().query("usable")
    return table.groupby(["class_name", "split"]).size().unstack(fill_value=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_trained_from_its_zip_to_the_verdict(
    family: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = tmp_path / "pictures"
    plant_copies(write_family(pictures, FAMILIES[family], IMAGES, SIDE, seed=5))
    zipped = tmp_path / f"{family}.zip"
    with ZipFile(zipped, "w") as archive:
        for path in sorted(pictures.rglob("*.*")):
            archive.write(path, path.relative_to(pictures))

    dataset, head, tuned = trained(zipped, settings, monkeypatch)

    by_class = counts(dataset)
    assert len(by_class) == 3
    assert (by_class[["val", "test"]] >= 1).all(axis=None)
    for split, share in SHARES.items():
        assert ((by_class[split] - share * by_class.sum(axis=1)).abs() <= 1).all(), by_class
    verdict = judge_pairs(join_runs(head, tuned))
    assert verdict.images == by_class["test"].sum()


def plain_part(random: np.random.Generator, label: int, side: int) -> Image.Image:
    """Draw one machine part under one light, without grain: only noise and the defect differ."""
    image = Image.new("RGB", (side, side), (70, 72, 76))
    draw, middle = ImageDraw.Draw(image), side / 2
    for share, level in ((0.36, 170), (0.31, 150), (0.2, 182), (0.09, 60)):
        r = share * side
        draw.ellipse((middle - r, middle - r, middle + r, middle + r), fill=(level, level, level))
    x, y = middle + random.uniform(-0.2, 0.2, 2) * side
    if label == 1:
        draw.line((x, y, *random.normal((x, y), side / 10)), fill=(225, 225, 230), width=2)
    if label == 2:
        r = random.uniform(0.03, 0.045) * side
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(120, 120, 126))
    blurred = image.filter(ImageFilter.GaussianBlur(0.8))
    noisy = np.asarray(blurred) + random.normal(0, 3, (side, side, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def digit(pixels: np.ndarray) -> Image.Image:
    """Enlarge a digit of scikit-learn to 32 pixels."""
    return Image.fromarray((pixels * 15).astype(np.uint8)).resize((32, 32), 3)


def imported(pictures: Iterable[tuple[str, Image.Image]], settings: Settings) -> Dataset:
    """Import pictures, each with its class, from a zip."""
    zipped = settings.workspace / "pictures.zip"
    with ZipFile(zipped, "w") as archive:
        for number, (name, image) in enumerate(pictures):
            archive.writestr(f"{name}/{number:04d}.jpg", saved(image))
    return import_zip(zipped, "pictures", settings, silent)


def test_photographs_of_one_part_serve_every_split(settings: Settings) -> None:
    random = np.random.default_rng(0)
    kinds = ("good", "scratched", "dented")
    parts = ((kinds[i % 3], plain_part(random, i % 3, 192)) for i in range(360))

    dataset = imported(parts, settings)

    assert (dataset.manifest()["group"] > 0).mean() <= 0.01
    assert counts(dataset)[["val", "test"]].isin([18]).all(axis=None)


def test_handwritten_digits_serve_every_split(settings: Settings) -> None:
    digits = load_digits()
    classes, images = digits.target[:IMAGES_OF_DIGITS], digits.images[:IMAGES_OF_DIGITS]
    pictures = zip(map(str, classes), map(digit, images), strict=True)

    dataset = imported(pictures, settings)

    by_class = counts(dataset)
    assert by_class.to_numpy().sum() == IMAGES_OF_DIGITS
    assert (dataset.manifest()["group"] > 0).mean() <= 0.01
    for split, share in SHARES.items():
        assert ((by_class[split] - share * by_class.sum(axis=1)).abs() <= 1).all(), by_class
