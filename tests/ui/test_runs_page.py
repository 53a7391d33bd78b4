"""The Runs page: empty, every state, open, delete."""

from collections.abc import Callable

import pytest

from core.config import Settings
from core.datasets import Dataset
from core.runs import RunStore
from tests.ui import runs
from tests.ui.app import open_page, words

PAGE = "pages/6_Runs.py"


@pytest.fixture
def dataset(make_dataset: Callable[..., Dataset]) -> Dataset:
    return make_dataset()


@pytest.fixture
def store(settings: Settings) -> RunStore:
    return RunStore(settings.runs_dir)


def test_nothing_there_yet(settings: Settings) -> None:
    page = open_page(PAGE)

    assert not page.exception
    assert "Nothing was trained yet" in words(page)


def test_every_state_is_a_row_with_its_facts(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    runs.running(store, runs.fine_tune_config(head))
    runs.failed(store, runs.head_config(dataset))
    page = open_page(PAGE)

    assert not page.exception
    text = words(page)
    for fact in (
        "completed",
        "running",
        "failed",
        "Squares",
        "from block 6",
        "75.0%",
        "50.0%",
        "8 s",
    ):
        assert fact in text


def test_delete_asks_and_names_what_depends_on_it(dataset: Dataset, store: RunStore) -> None:
    head = runs.finished(store, runs.head_config(dataset))
    tuned = runs.finished(store, runs.fine_tune_config(head))
    page = open_page(PAGE)

    assert "1 fine-tuning run started from this head" in page.warning[0].value
    assert head.path.exists()
    page.button(key=f"delete_{head.id}").click().run()

    assert not head.path.exists()
    assert tuned.path.exists()


def test_a_running_run_is_not_deleted(dataset: Dataset, store: RunStore) -> None:
    run = runs.running(store, runs.head_config(dataset))
    page = open_page(PAGE)
    page.button(key=f"delete_{run.id}").click().run()

    assert run.path.exists()
    assert "Stop it before deleting it" in words(page)


def test_runs_of_one_data_set_can_be_shown_alone(
    dataset: Dataset, store: RunStore, make_dataset: Callable[..., Dataset]
) -> None:
    other = make_dataset(name="Other")
    run = runs.finished(store, runs.head_config(dataset))
    hidden = runs.finished(store, runs.head_config(other), "Other")
    page = open_page(PAGE)
    page.selectbox(key="runs_dataset").select(dataset.id).run()

    keys = {button.key for button in page.button}
    assert f"open_{run.id}" in keys
    assert f"open_{hidden.id}" not in keys


def test_a_failed_run_says_why_and_sizes_are_told(dataset: Dataset, store: RunStore) -> None:
    run = runs.failed(store, runs.head_config(dataset))
    (run.path / "model.keras").write_bytes(b"0" * 2_300_000)
    page = open_page(PAGE)

    text = words(page)
    assert "failed: The ImageNet weights of VGG16 could not be downloaded." in text
    assert "1 run in this workspace, 2.3 MB on disk." in text
