"""The Evaluate page in each state: nothing yet, head only, compared, running, failed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from math import log
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.config import FineTuneConfig
from core.datasets import Dataset
from core.evaluation.rejection import read_rejection
from core.files import write_json
from core.runs import Run, RunState, RunStatus, RunStore, litert
from core.runs.store import write_status
from core.settings import Settings
from core.ui.evaluate.help import example_lines
from tests.alive import beat
from tests.evaluation.runs_on_disk import (
    dataset_predictions,
    finish_run,
    finished_pair,
    head_config,
)
from tests.ui import app
from tests.ui.app import words

MakeDataset = Callable[..., Dataset]
PROOF = {
    "frozen_tensors": 123,
    "frozen_unchanged": 123,
    "unfrozen_tensors": 45,
    "unfrozen_changed": 45,
}


def open_page(dataset: Dataset | None = None, run: Run | None = None) -> AppTest:
    query = {"dataset": dataset.id} if dataset is not None else {}
    if run is not None:
        query["run"] = run.id
    page = app.open_page("pages/4_Evaluate.py", **query)
    assert not page.exception
    return page


def unfold(at: AppTest, key: str) -> AppTest:
    at.session_state[key] = True
    at.run()
    assert not at.exception
    return at


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    return make_dataset(classes=3, per_class=50)  # 30 test images


def test_nothing_yet_leads_to_the_head(settings: Settings) -> None:
    at = open_page()
    assert "train a head first" in words(at)
    assert any(link.proto.label == "Train a head" for link in at.get("page_link"))


def test_helped(settings: Settings, dataset: Dataset) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    write_json(tuned.account_path, {"proof": PROOF})
    at = open_page(dataset, tuned)
    text = words(at)
    assert "Fine-tuning helped" in text
    assert "On the same **30** test images it fixed **11** and broke **0**" in text
    assert "p = 0.00098" in text
    assert "Every one of 123 frozen tensors is bit for bit what it was; all 45" in text
    assert "The LiteRT model is not checked yet" in text
    assert [tab.label for tab in at.tabs] == ["Fixed (11)", "Broken (0)", "Both wrong (1)"]
    assert "2 runs opened this test set" in text


def test_the_picture_has_both_accuracies(settings: Settings, dataset: Dataset) -> None:
    finished_pair(settings, dataset, before=range(12), after=range(1))
    charts = [json.loads(c.proto.spec) for c in open_page(dataset).get("plotly_chart")]
    labels = [trace["text"][0] for trace in charts[0]["data"] if "text" in trace]
    assert labels == ["Head only <b>60.0 %</b>", "From block 6 <b>96.7 %</b>"]


def test_cannot_tell_says_why(settings: Settings, dataset: Dataset) -> None:
    finished_pair(settings, dataset, before=range(3), after=range(2, 4))
    text = words(open_page(dataset))
    assert "Cannot tell" in text
    assert "Only 3 of 30 test images changed sides" in text
    assert "ImageNet" in text


def test_hurt_names_the_class_and_offers_the_head(settings: Settings, dataset: Dataset) -> None:
    # The first ten test images are the first class.
    head, _ = finished_pair(settings, dataset, before=(), after=range(10))
    at = open_page(dataset)
    assert "Fine-tuning hurt" in words(at)
    assert "**class 0** got worse: fixed 0, broke 10 of its 10 images" in words(at)
    links = [link.proto for link in at.get("page_link")]
    keep = next(link for link in links if link.label == "Keep the head-only model")
    assert head.id in keep.query_string


def test_leaked_images_stand_beside(settings: Settings, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(classes=2, per_class=30)
    manifest = dataset.manifest()
    trained = manifest.loc[manifest["split"] == "train", "sha256"].iloc[0]
    manifest.loc[manifest.index[manifest["split"] == "test"][0], "sha256"] = trained
    manifest.to_parquet(dataset.path / f"manifest-{dataset.version}.parquet")
    finished_pair(settings, dataset, before=range(2), after=range(1))
    assert "Training has met 1 exact copy of test images. Without: 90.9 % and" in words(
        open_page(dataset)
    )


def test_head_only_has_figures_and_the_next_step(settings: Settings, dataset: Dataset) -> None:
    run = RunStore(settings.runs_dir).create(head_config(dataset.id, dataset.version))
    finish_run(run, dataset_predictions(dataset, range(3)), dataset.class_names)
    at = open_page(dataset)
    assert "Head only: 90.0 %" in words(at)
    labels = [link.proto.label for link in at.get("page_link")]
    assert "Fine-tune it, and see whether that helps" in labels


def test_a_head_that_is_current_shows_its_fine_tuning(settings: Settings, dataset: Dataset) -> None:
    head, _ = finished_pair(settings, dataset, before=range(12), after=range(1))
    assert "Fine-tuning helped" in words(open_page(dataset, head))


def start_child(settings: Settings, head: Run, status: RunStatus) -> Run:
    child = RunStore(settings.runs_dir).create(FineTuneConfig(head.id, head.base, "block5"))
    write_status(child.path, status)
    return child


def test_running_is_said_and_the_last_verdict_stays(settings: Settings, dataset: Dataset) -> None:
    head, _ = finished_pair(settings, dataset, before=range(12), after=range(1))
    child = start_child(settings, head, RunStatus(RunState.RUNNING, started=time.time()))
    beat(child)
    at = open_page(dataset, child)
    assert "From block 5 is running and will be here when it is done" in words(at)
    assert "Fine-tuning helped" in words(at)
    assert any(link.proto.label == "Watch it train" for link in at.get("page_link"))


def test_the_model_to_use_is_prepared_while_nothing_is_trained(
    settings: Settings, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(litert, "ask", lambda folder, kind, **about: started.append(folder))
    head, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    for run in (head, tuned):
        run.model_path.touch()
    child = start_child(settings, head, RunStatus(RunState.RUNNING, started=time.time()))
    beat(child)
    open_page(dataset, tuned)
    assert started == []

    write_status(child.path, RunStatus(RunState.STOPPED, finished=time.time()))
    open_page(dataset, tuned)
    assert started == [litert.folder(tuned.path)]  # it helped


def test_failed_says_why(settings: Settings, dataset: Dataset) -> None:
    run = RunStore(settings.runs_dir).create(head_config(dataset.id, dataset.version))
    error = {"what": "Out of memory.", "way_out": "Halve the batch size.", "details": ""}
    write_status(run.path, RunStatus(RunState.FAILED, error=error))
    text = words(open_page(dataset, run))
    assert "Out of memory" in text
    assert "Halve the batch size" in text


def test_any_two_runs_need_the_same_data(
    settings: Settings, dataset: Dataset, make_dataset: MakeDataset
) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    other = make_dataset(classes=3, per_class=50, name="Other")
    head, _ = finished_pair(settings, other, before=range(1), after=range(1))
    at = open_page(dataset, tuned)
    at.selectbox(key=f"evaluate_before_{tuned.id}").select(head.id).run()
    assert "accuracies on different images cannot be compared" in words(at)


def test_two_fine_tuning_runs_are_not_called_before_and_after_fine_tuning(
    settings: Settings, dataset: Dataset
) -> None:
    head, first = finished_pair(settings, dataset, before=range(12), after=range(12))
    second = RunStore(settings.runs_dir).create(FineTuneConfig(head.id, head.base, "block2"))
    finish_run(second, dataset_predictions(dataset, range(1)), dataset.class_names)
    at = open_page(dataset, second)
    at.selectbox(key=f"evaluate_before_{second.id}").select(first.id).run()
    assert "The second run helped" in words(at)


def test_none_of_these_is_kept_with_the_run(settings: Settings, dataset: Dataset) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    at = unfold(open_page(dataset, tuned), "reject")
    at.button(key="keep_rejection").click().run()
    kept = read_rejection(tuned)
    assert kept is not None
    assert kept.threshold == pytest.approx(0.7, abs=1e-6)
    assert "now says none of these below" in words(at)
    at.button(key="drop_rejection").click().run()
    assert read_rejection(tuned) is None


def test_an_image_opens_large(settings: Settings, dataset: Dataset) -> None:
    finished_pair(settings, dataset, before=range(12), after=range(1))
    at = open_page(dataset)
    at.button(key="open_fixed_0").click().run()
    assert "Truly **class 0**" in words(at)
    assert not at.exception


def test_an_image_that_was_exchanged_is_named_and_the_others_are_shown(
    settings: Settings, dataset: Dataset
) -> None:
    finished_pair(settings, dataset, before=range(12), after=range(1))
    test = dataset.images("test")["path"]
    path = dataset.root / test[1]  # the first one that was fixed
    path.write_bytes((dataset.root / test[2]).read_bytes())

    at = open_page(dataset)
    assert words(at).count("changed since the scan") == 1
    at.button(key="open_fixed_0").click().run()

    assert f"{test[1]} has changed since the data set was scanned. Put" in words(at)
    assert not at.exception


def test_names_from_folders_are_no_markdown(settings: Settings, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(classes=2, per_class=50)
    head, tuned = finished_pair(settings, dataset, before=(), after=range(10))
    for run in (head, tuned):
        names = ["*a* [x](http://x)", "b"]
        write_json(run.path / "predict.json", {"class_names": names, "image_size": 32})
    page = open_page(dataset, tuned)
    raw = "\n".join(element.value for element in [*page.markdown, *page.warning, *page.caption])
    assert r"\*a\* \[x\]\(http" in raw
    assert "[x](http" not in raw


def test_probabilities_have_scores_and_a_temperature(settings: Settings, dataset: Dataset) -> None:
    _, tuned = finished_pair(settings, dataset, before=range(12), after=range(1))
    at = open_page(dataset, tuned)
    assert "temperature" not in words(at)
    at = unfold(at, "scores")
    assert "Head only: temperature" in words(at)
    table = at.table[0].value
    assert table.loc["Accuracy"].tolist() == ["60.0\u00a0%", "96.7\u00a0%"]
    # Right with 0.7, wrong with 0.15 on the true class: 18 and 12 of 30 images.
    assert table.loc["Log loss"].iloc[0] == f"{-(18 * log(0.7) + 12 * log(0.15)) / 30:.3f}"
    at.selectbox(key="curve_class").select(1).run()
    assert not at.exception


def test_confusion_can_be_in_percent(settings: Settings, dataset: Dataset) -> None:
    finished_pair(settings, dataset, before=range(5), after=range(1))
    at = open_page(dataset)
    at.segmented_control(key="confusion_unit").select("percent of the true class").run()
    specs = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    assert specs[1]["data"][0]["text"][0][0] == "50"


def test_the_worked_example_needs_more_than_two_accuracies() -> None:
    alone, some, many = example_lines()
    assert alone.startswith("13 fixed, 0 broken: **fine-tuning helped**")
    assert some.startswith("33 fixed, 20 broken: **cannot tell**")
    assert many.startswith("73 fixed, 60 broken: **cannot tell**")
