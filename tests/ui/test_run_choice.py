"""Choosing one of several runs: none looks like another."""

from collections.abc import Callable

from core.datasets import Dataset
from core.runs import RunState, RunStatus, RunStore
from core.runs.store import write_status
from core.settings import Settings
from core.ui.runs.choice import run_labels
from core.ui.text import told_apart
from tests.ui import runs
from tests.ui.app import open_page


def test_titles_that_occur_twice_get_the_end_of_their_id() -> None:
    titles = told_apart({"run-aaaaaa": "same", "run-bbbbbb": "same", "run-cccccc": "other"})

    assert titles == {
        "run-aaaaaa": "same · aaaaaa",
        "run-bbbbbb": "same · bbbbbb",
        "run-cccccc": "other",
    }


def test_two_runs_of_one_minute_are_two_options(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    store = RunStore(settings.runs_dir)
    config = runs.head_config(make_dataset())
    first, second = runs.running(store, config), runs.running(store, config)
    page = open_page("pages/2_Head.py", run=first.id)

    (box,) = (box for box in page.selectbox if box.label == "Run")
    assert box.value == first.id
    assert len(set(box.options)) == 2
    assert second.id[-6:] in run_labels(store.list())[second.id]


def test_the_box_tells_that_the_run_has_ended(
    settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    store = RunStore(settings.runs_dir)
    config = runs.head_config(make_dataset())
    run = runs.running(store, config)
    runs.finished(store, config)
    page = open_page("pages/2_Head.py", run=run.id)
    before = next(box.key for box in page.selectbox if box.label == "Run")
    write_status(run.path, RunStatus(RunState.COMPLETED, results=runs.RESULTS))
    page.run()
    after = next(box for box in page.selectbox if box.label == "Run")

    assert after.key != before
    assert after.value == run.id
