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
