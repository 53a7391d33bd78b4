"""Seed noise on the Evaluate page: asked for, going on, told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.config import FineTuneConfig
from core.datasets import Dataset
from core.jobs.state import write_status
from core.runs import RunState, RunStatus, RunStore
from core.runs.groups import group_about
from core.settings import Settings
from tests.evaluation.runs_on_disk import (
    dataset_predictions,
    finish_run,
    finished_pair,
    head_config,
)
from tests.ui.app import open_page, words

PAGE = "pages/4_Evaluate.py"


@pytest.fixture
def dataset(make_dataset: Callable[..., Dataset]) -> Dataset:
    return make_dataset(classes=3, per_class=50)  # 30 test images


def test_one_click_queues_five_heads_and_their_fine_tuning(
    settings: Settings, dataset: Dataset
) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    page = open_page(PAGE, run=tuned.id)
    page.button(key="train_seeds").click().run()

    assert not page.exception
    store = RunStore(settings.runs_dir)
    assert len(store.queued()) == 10
    bar = page.get("progress")[0].proto.text
    assert "10 runs wait in the queue" in bar
    # one of the ten is not what the page speaks of
    assert "Fine-tuning helped" in words(page)
    group = group_about(store.list(), "seeds", tuned.id)
    assert group is not None
    page.button(key=f"stop_group_seeds_{group.mark.id}").click().run()
    assert not store.queued()
    assert "10 of 10 runs were stopped" in words(page)
    page.button(key=f"resume_group_seeds_{group.mark.id}").click().run()
    assert len(store.queued()) == 10


def test_the_verdict_says_whether_the_gain_outlasts_the_seeds(
    settings: Settings, dataset: Dataset
) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    open_page(PAGE, run=tuned.id).button(key="train_seeds").click().run()
    store = RunStore(settings.runs_dir)
    wrong = {True: iter((12, 11, 12, 13, 12)), False: iter((1, 2, 1, 0, 1))}
    for run in store.queued():
        table = dataset_predictions(dataset, range(next(wrong[run.is_head])))
        test = table[table["split"] == "test"]
        finish_run(run, test, dataset.class_names)
    page = open_page(PAGE, run=tuned.id)

    assert not page.exception
    text = words(page)
    # 11, 9, 11, 13 and 11 of 30 images
    assert "Trained again with 5 other seeds, fine-tuning changed test accuracy by +36.7" in text
    assert "more than seeds differ among themselves" in text
    assert "The run above, with +36.7 points, is no exception" in text
    assert not page.get("progress")
    # the members are no choices, and the newest model is still the one that was chosen
    options = page.selectbox(key="evaluate_run").options
    assert len(options) == 2


def test_a_member_that_is_opened_is_compared_with_its_own_head(
    settings: Settings, dataset: Dataset
) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    open_page(PAGE, run=tuned.id).button(key="train_seeds").click().run()
    store = RunStore(settings.runs_dir)
    head, child = store.queued()[:2]
    finish_run(head, dataset_predictions(dataset, range(9)), dataset.class_names)
    finish_run(child, dataset_predictions(dataset, range(2)), dataset.class_names)
    page = open_page(PAGE, run=child.id)

    assert not page.exception
    assert isinstance(child.config, FineTuneConfig)
    assert child.config.head_run_id == head.id
    assert "it fixed **7** and broke **0**" in words(page)


def test_a_head_alone_is_trained_again_alone(settings: Settings, dataset: Dataset) -> None:
    store = RunStore(settings.runs_dir)
    head = store.create(head_config(dataset.id, dataset.version), "Shapes")
    finish_run(head, dataset_predictions(dataset, range(6)), dataset.class_names)
    page = open_page(PAGE, run=head.id)
    assert {"train_seeds", "train_shares"} <= {button.key for button in page.button}
    page.button(key="train_seeds").click().run()
    wrong = iter((5, 6, 7, 6, 6))
    for run in store.queued():
        table = dataset_predictions(dataset, range(next(wrong)))
        finish_run(run, table[table["split"] == "test"], dataset.class_names)
    page = open_page(PAGE, run=head.id)

    assert not page.exception
    assert "5 heads with other seeds have 80.0 % of the test images right" in words(page)
    assert "from 76.7 to 83.3 %" in words(page)


def test_a_failed_seed_is_told(settings: Settings, dataset: Dataset) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    open_page(PAGE, run=tuned.id).button(key="train_seeds").click().run()
    for run in RunStore(settings.runs_dir).queued():
        error = {"what": "The disk is full.", "way_out": "Free some."}
        write_status(run.path, RunStatus(RunState.FAILED, error=error))

    assert "10 of 10 runs failed: The disk is full." in words(open_page(PAGE, run=tuned.id))
