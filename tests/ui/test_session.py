"""What is current: in the URL for reloads and colleagues, in the session for changes of page."""

from collections.abc import Callable

from core.datasets import Dataset
from core.runs import RunStore
from core.settings import Settings
from tests.ui import runs
from tests.ui.app import open_page, words


def value(page: object, name: str) -> str:
    found = page.query_params.get(name, "")  # type: ignore[attr-defined]
    return found[0] if isinstance(found, list) else found


def test_a_link_to_a_run_alone_means_its_data_set(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    older = make_dataset(name="Older")
    make_dataset(name="Newer")
    run = runs.finished(RunStore(settings.runs_dir), runs.head_config(older), "Older")
    page = open_page("pages/2_Head.py", run=run.id)

    assert not page.exception
    assert "Older · 3 classes" in words(page)
    assert (value(page, "dataset"), value(page, "run")) == (older.id, run.id)


def test_a_link_to_an_unknown_run_falls_back_to_the_newest_data_set(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    make_dataset(name="Newer")
    page = open_page("pages/2_Head.py", run="../../etc")

    assert not page.exception
    assert "Newer · 3 classes" in words(page)


def test_the_current_run_survives_a_change_of_page(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    dataset = make_dataset()
    store = RunStore(settings.runs_dir)
    first = runs.finished(store, runs.head_config(dataset))
    runs.finished(store, runs.head_config(dataset))
    page = open_page("pages/2_Head.py", run=first.id)
    page.query_params.clear()
    page.switch_page("pages/5_Predict.py").run()

    assert not page.exception
    assert (value(page, "dataset"), value(page, "run")) == (dataset.id, first.id)


def test_a_link_to_another_data_set_leaves_the_run(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    one, two = make_dataset(name="One"), make_dataset(name="Two")
    run = runs.finished(RunStore(settings.runs_dir), runs.head_config(one), "One")
    page = open_page("pages/2_Head.py", run=run.id)
    page.query_params.clear()
    page.query_params["dataset"] = two.id
    page.run()

    assert "Two · 3 classes" in words(page)
    assert value(page, "run") == ""
