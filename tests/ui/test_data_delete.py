"""Deleting a data set on the Data page: what is lost is said, and what is in use stays."""

import pytest

from core.config import Settings
from core.datasets import Dataset, DatasetStore
from core.datasets.importing import import_folder
from core.runs import RunStore
from tests.datasets.pictures import pets, silent, write_folder
from tests.ui.app import open_page, words
from tests.ui.runs import fine_tune_config, finished, head_config, running

PAGE = "pages/1_Data.py"


@pytest.fixture
def dataset(settings: Settings) -> Dataset:
    folder = write_folder(settings.data_dir / "Pets", pets(4))
    return import_folder(folder, settings, silent)


def test_its_runs_are_named_and_it_goes_without_the_users_files(
    settings: Settings, dataset: Dataset
) -> None:
    runs = RunStore(settings.runs_dir)
    head = finished(runs, head_config(dataset))
    finished(runs, fine_tune_config(head))
    files = sorted(path for path in dataset.root.rglob("*"))
    page = open_page(PAGE)
    text = words(page)
    assert "2 runs were trained on it:" in text
    assert "- from block 6 · " in text
    assert "- head only · " in text
    page.button(key="delete_dataset").click().run()

    assert not page.exception
    assert "Choose a sample to begin with" in words(page)
    assert not dataset.path.exists()
    assert sorted(path for path in dataset.root.rglob("*")) == files
    assert all(run.has_model for run in runs.list())
    predict = open_page("pages/5_Predict.py")
    assert not predict.exception


def test_what_a_run_is_using_stays(settings: Settings, dataset: Dataset) -> None:
    runs = RunStore(settings.runs_dir)
    page = open_page(PAGE)
    waiting = runs.create(head_config(dataset), "Pets")
    page.button(key="delete_dataset").click().run()

    assert not page.exception
    assert "1 run is using it:" in words(page)
    assert "delete_dataset" not in [button.key for button in page.button]
    assert dataset.path.exists()
    runs.request_stop(waiting.id)
    running(runs, head_config(dataset))
    assert "delete_dataset" not in [button.key for button in open_page(PAGE).button]


def test_a_link_to_one_that_is_gone_offers_the_others(settings: Settings, dataset: Dataset) -> None:
    page = open_page(PAGE, dataset="gone-0123456789")
    choice = next(box for box in page.selectbox if box.label == "Data set")
    choice.set_value(dataset.id).run()

    assert not page.exception
    assert page.header[0].value == "Pets"
    assert DatasetStore(settings.datasets_dir).get(dataset.id) == dataset
