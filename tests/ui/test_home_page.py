"""Home: what it is, the steps, the sample button, the latest runs."""

import shutil
from collections.abc import Callable

from core.datasets import Dataset, DatasetStore
from core.datasets.bundled import DIGITS_ID
from core.runs import RunStore
from core.settings import Settings
from tests.ui import runs
from tests.ui.app import open_page, words


def test_a_stranger_sees_what_it_is_and_one_button(settings: Settings) -> None:
    page = open_page()

    assert not page.exception
    assert [button.label for button in page.button] == ["Try it with the sample data"]
    assert "whether fine-tuning helped" in words(page)
    assert "choose a data set" in words(page)


def test_the_button_brings_the_sample_in(settings: Settings) -> None:
    page = open_page()
    page.button(key="try_sample").click().run()

    assert not page.exception
    assert [d.id for d in DatasetStore(settings.datasets_dir).list()] == [DIGITS_ID]
    assert "539" in [metric.value for metric in page.metric]  # it went on to the Data page


def test_steps_and_latest_runs_tell_how_far_it_is(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    store = RunStore(settings.runs_dir)
    head = runs.finished(store, runs.head_config(make_dataset()))
    runs.running(store, runs.fine_tune_config(head))
    page = open_page()

    assert not page.exception
    text = words(page)
    assert "75.0 % on validation" in text
    assert "running" in text.splitlines()
    assert page.button(key=f"open_{head.id}")


def test_open_goes_to_the_run(settings: Settings, make_dataset: Callable[..., Dataset]) -> None:
    head = runs.finished(RunStore(settings.runs_dir), runs.head_config(make_dataset()))
    page = open_page()
    page.button(key=f"open_{head.id}").click().run()

    assert not page.exception
    assert page.query_params["run"] in (head.id, [head.id])
    assert {m.label for m in page.metric} >= {"Validation accuracy"}


def test_who_returns_is_offered_the_next_step(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    store = RunStore(settings.runs_dir)
    dataset = make_dataset()
    labels = [open_page().button(key="next_step").label]
    head = runs.finished(store, runs.head_config(dataset))
    labels.append(open_page().button(key="next_step").label)
    running = runs.running(store, runs.fine_tune_config(head))
    labels.append(open_page().button(key="next_step").label)
    shutil.rmtree(running.path)
    runs.finished(store, runs.fine_tune_config(head))
    labels.append(open_page().button(key="next_step").label)

    assert labels == [
        "Next: train a head",
        "Next: choose a block to unfreeze",
        "Watch the run",
        "Did fine-tuning help?",
    ]


def test_the_next_step_opens_its_page(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    make_dataset()
    page = open_page()
    page.button(key="next_step").click().run()

    assert not page.exception
    assert [title.value for title in page.title] == ["Head"]
