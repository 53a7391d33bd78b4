"""Would more images help? Asked and answered on the Evaluate page."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from core.config import HeadConfig
from core.datasets import Dataset
from core.evaluation.data_amount import SHARES
from core.runs import Run, RunStore
from core.settings import Settings
from tests.evaluation.runs_on_disk import dataset_predictions, finish_run, finished_pair
from tests.ui.app import open_page, words

PAGE = "pages/4_Evaluate.py"


@pytest.fixture
def dataset(make_dataset: Callable[..., Dataset]) -> Dataset:
    return make_dataset(classes=3, per_class=50)  # 30 test images


def ask(settings: Settings, dataset: Dataset) -> tuple[Run, list[Run]]:
    """Asks the question of a head that has one test image wrong; gives the queued runs."""
    head, tuned = finished_pair(settings, dataset, before=range(1), after=range(1))
    page = open_page(PAGE, run=tuned.id)
    page.button(key="train_shares").click().run()
    assert not page.exception
    return head, list(RunStore(settings.runs_dir).queued())


def test_every_share_takes_as_many_steps_from_the_same_seed(
    settings: Settings, dataset: Dataset
) -> None:
    head, queued = ask(settings, dataset)

    configs = [run.config for run in queued]
    assert [run.base.train_share for run in queued] == list(SHARES)
    assert {config.training.seed for config in configs} == {head.config.training.seed}
    epochs = head.config.training.epochs
    assert [
        config.training.epochs * run.base.train_share
        for config, run in zip(configs, queued, strict=True)
    ] == pytest.approx([epochs] * 4)
    assert all(isinstance(config, HeadConfig) for config in configs)


@pytest.mark.parametrize(
    ("wrong_at_half", "words_at_end"),
    [(range(11), "Still rising:"), (range(1), "Cannot tell:")],
)
def test_the_answer_compares_half_and_whole(
    settings: Settings, dataset: Dataset, wrong_at_half: range, words_at_end: str
) -> None:
    head, queued = ask(settings, dataset)
    for run in queued:
        wrong = wrong_at_half if run.base.train_share == 0.5 else range(15)
        finish_run(run, dataset_predictions(dataset, wrong), dataset.class_names)
    page = open_page(PAGE, run=head.id)

    assert not page.exception
    # 50 images of each of 3 classes, 30 of them for training
    train = len(dataset.images("train"))
    assert words_at_end in words(page)
    assert f"from {train // 2} to {train} training images, test accuracy changed by" in words(page)
    specs = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    lines = next(s["data"] for s in specs if s["data"][0].get("name") == "validation")
    assert lines[1]["text"][-1] == f"{train}"
    assert len(lines[1]["text"]) == 5
