"""Images that look alike by nature: from a zip to the verdict, by `python -m core.train`."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest

from benchmarks.families import FAMILIES, plant_copies, write_family
from core.config import HeadConfig
from core.datasets import Dataset, DatasetStore
from core.datasets.split import SHARES
from core.evaluation.predictions import join_runs
from core.evaluation.verdict import judge_pairs
from core.runs import Run, RunStore
from core.settings import APP_ROOT, Settings

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

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def trained(zipped: Path, settings: Settings) -> tuple[Dataset, Run, Run]:
    """Import a zip and train on it by `python -m core.train`."""
    recipe = zipped.with_name("train.yaml")
    recipe.write_text(RECIPE.replace("parts.zip", zipped.name))
    command = [sys.executable, "-m", "core.train", str(recipe)]
    done = subprocess.run(command, cwd=APP_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (dataset,) = DatasetStore(settings.datasets_dir).list()
    runs = RunStore(settings.runs_dir).list()
    (head,) = (run for run in runs if isinstance(run.config, HeadConfig))
    (tuned,) = (run for run in runs if run is not head)
    return dataset, head, tuned


def counts(dataset: Dataset) -> pd.DataFrame:
    """Usable images by class and split."""
    table = dataset.manifest().query("usable")
    return table.groupby(["class_name", "split"]).size().unstack(fill_value=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_trained_from_its_zip_to_the_verdict(
    family: str, settings: Settings, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    plant_copies(write_family(pictures, FAMILIES[family], IMAGES, SIDE, seed=5))
    zipped = tmp_path / f"{family}.zip"
    with ZipFile(zipped, "w") as archive:
        for path in sorted(pictures.rglob("*.*")):
            archive.write(path, path.relative_to(pictures))

    dataset, head, tuned = trained(zipped, settings)

    by_class = counts(dataset)
    assert len(by_class) == 3
    assert (by_class[["val", "test"]] >= 1).all(axis=None)
    for split, share in SHARES.items():
        assert ((by_class[split] - share * by_class.sum(axis=1)).abs() <= 1).all(), by_class
    verdict = judge_pairs(join_runs(head, tuned))
    assert verdict.images == by_class["test"].sum()
