"""The run that is going on is seen from every page, and its end is told once."""

from collections.abc import Callable

import pytest

from core.datasets import Dataset
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.store import write_status
from tests.ui import runs
from tests.ui.app import open_page


@pytest.fixture
def run(store: RunStore, make_dataset: Callable[..., Dataset]) -> Run:
    return runs.running(store, runs.head_config(make_dataset()))


def sidebar_bars(page: object) -> list[str]:
    return [bar.proto.text for bar in page.sidebar.get("progress")]  # type: ignore[attr-defined]


def end(run: Run, state: RunState) -> None:
    write_status(run.path, RunStatus(state, started=1.0, finished=2.0))


def test_another_page_shows_how_far_it_is(run: Run) -> None:
    page = open_page("pages/6_Runs.py")

    assert not page.exception
    assert [text.replace("\\", "") for text in sidebar_bars(page)] == [
        "Epoch 2 of 3 · 18 images/s · about 48 s left"
    ]


def test_its_own_page_shows_it_once(run: Run) -> None:
    page = open_page("pages/2_Head.py", run=run.id)

    assert not page.exception
    assert sidebar_bars(page) == []


def test_nothing_is_shown_where_nothing_runs(run: Run) -> None:
    end(run, RunState.COMPLETED)

    assert sidebar_bars(open_page("pages/6_Runs.py")) == []


def test_its_end_is_told_once_on_another_page(run: Run) -> None:
    page = open_page("pages/6_Runs.py", run=run.id)
    assert not page.toast
    end(run, RunState.COMPLETED)

    assert [toast.value for toast in page.run().toast] == ["Training the head: completed"]
    assert not page.run().toast


def test_runs_of_others_end_in_silence(run: Run) -> None:
    page = open_page("pages/6_Runs.py")
    end(run, RunState.FAILED)

    assert not page.run().toast
