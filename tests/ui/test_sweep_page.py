"""The block sweep on the Fine-tune page: asked for, ranked, and the winner trained on."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from core.config import FineTuneConfig
from core.datasets import Dataset
from core.evaluation.openings import read_openings
from core.runs import Run, RunStore
from core.runs.groups import groups_of
from core.settings import Settings
from tests.evaluation.runs_on_disk import dataset_predictions, finish_run
from tests.ui import runs
from tests.ui.app import open_page, words

PAGE = "pages/3_Fine_tune.py"


@pytest.fixture
def dataset(make_dataset: Callable[..., Dataset]) -> Dataset:
    return make_dataset(classes=3, per_class=50)


@pytest.fixture
def head(settings: Settings, dataset: Dataset) -> Run:
    return runs.finished(RunStore(settings.runs_dir), runs.head_config(dataset))


def test_one_click_tries_every_block_and_says_before_what_it_takes(
    settings: Settings, head: Run
) -> None:
    page = open_page(PAGE)
    assert "6 runs, one after the other, about" in words(page)
    page.button(key="train_sweep").click().run()

    assert not page.exception
    (group,) = groups_of(RunStore(settings.runs_dir).list())
    assert (group.mark.kind, group.mark.about, len(group.runs)) == ("sweep", head.id, 6)
    assert "6 runs wait in the queue" in page.get("progress")[0].proto.text
    # the page's own run is none of them
    assert "Not fine-tuned yet" in words(page)


def test_the_ranking_is_shown_and_the_winner_is_trained_in_full(
    settings: Settings, dataset: Dataset, head: Run
) -> None:
    store = RunStore(settings.runs_dir)
    open_page(PAGE).button(key="train_sweep").click().run()
    for run in store.queued():
        table = dataset_predictions(dataset, range(9))
        config = run.config
        assert isinstance(config, FineTuneConfig)
        if (config.block, config.scope) != ("block5", "only"):
            wrong = (table["split"] == "val") & (table.index % 3 == 0)
            table.loc[wrong, "predicted"] = (table["label"] + 1) % 3
        finish_run(run, table, dataset.class_names)
    page = open_page(PAGE)

    assert not page.exception
    assert "**Only block 5** is best on the" in words(page)
    assert not page.get("progress")
    specs = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    names = {trace.get("name") for spec in specs for trace in spec["data"]}
    assert {"from this block on", "this block alone", "the head before"} <= names
    # 9 of the test images were wrong everywhere: that figure is nowhere on the page
    assert "70.0" not in words(page)
    # Neither the ranking nor the list of runs opens a member's test results.
    assert not open_page("pages/6_Runs.py").exception
    assert read_openings(dataset.path, dataset.version) == []
    members = [run for run in store.list() if run.group is not None]
    assert members
    assert all("test_accuracy" in run.status.results for run in members)
    page.button(key="train_winner").click().run()

    (full,) = store.queued()
    assert isinstance(full.config, FineTuneConfig)
    assert (full.config.block, full.config.scope, full.group) == ("block5", "only", None)
    assert full.config.training.epochs > 3
