"""Deleting a data set on the Data page: what is lost is said, and what is in use stays."""

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset, DatasetStore
from core.datasets.importing import import_folder
from core.runs import RunStore
from core.settings import Settings
from tests.datasets.pictures import pets, silent, write_folder
from tests.ui.app import open_page, words
from tests.ui.runs import fine_tune_config, finished, head_config, running

PAGE = "pages/1_Data.py"


@pytest.fixture
def dataset(settings: Settings) -> Dataset:
    folder = write_folder(settings.data_dir / "Pets", pets(4))
    return import_folder(folder, settings, silent)


def asked(dataset_id: str) -> None:
    """The page behind the dialog: the harness has no way to press a button inside one."""
    from core.ui import session
    from core.ui.data import delete as data_delete

    current = session.current_dataset()
    if current is not None and current.id == dataset_id:
        data_delete.confirm_delete(current)


def open_dialog(dataset: Dataset) -> AppTest:
    return AppTest.from_function(asked, default_timeout=60, args=(dataset.id,)).run()


def test_its_runs_are_named_and_it_goes_without_the_users_files(
    settings: Settings, dataset: Dataset
) -> None:
    runs = RunStore(settings.runs_dir)
    head = finished(runs, head_config(dataset))
    finished(runs, fine_tune_config(head))
    files = sorted(dataset.root.rglob("*"))
    page = open_page(PAGE)
    page.button(key="delete_dataset").click().run()
    text = words(page)
    assert "2 runs were trained on it:" in text
    assert "- from block 6 · " in text
    assert "- head only · " in text
    dialog = open_dialog(dataset)
    dialog.button(key="confirm_delete").click().run()

    assert not dialog.exception
    assert not dataset.path.exists()
    assert sorted(dataset.root.rglob("*")) == files
    assert all(run.has_model for run in runs.list())
    assert "Choose a sample to begin with" in words(open_page(PAGE))


def test_what_a_run_is_using_stays(settings: Settings, dataset: Dataset) -> None:
    runs = RunStore(settings.runs_dir)
    dialog = open_dialog(dataset)
    waiting = runs.create(head_config(dataset), "Pets")
    dialog.button(key="confirm_delete").click().run()

    assert not dialog.exception
    assert "1 run is using it:" in words(dialog)
    assert not dialog.button
    assert dataset.path.exists()
    runs.request_stop(waiting.id)
    running(runs, head_config(dataset))
    assert not open_dialog(dataset).button


def test_a_link_to_one_that_is_gone_offers_the_others(settings: Settings, dataset: Dataset) -> None:
    page = open_page(PAGE, dataset="gone-0123456789")
    choice = next(box for box in page.selectbox if box.label == "Data set")
    choice.set_value(dataset.id).run()

    assert not page.exception
    assert page.header[0].value == "Pets"
    assert DatasetStore(settings.datasets_dir).get(dataset.id) == dataset
