"""The browser tab's title follows a run, on every page, and is plain again at its end."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.run import GroupMark
from core.runs.store import write_status
from core.ui.tab_title import tab_title
from tests.ui import runs
from tests.ui.app import open_page


@pytest.fixture
def run(store: RunStore, dataset: Dataset) -> Run:
    return runs.running(store, runs.head_config(dataset))


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles that full reruns set."""
    seen: list[str] = []
    monkeypatch.setattr(
        "streamlit.set_page_config", lambda page_title, **_: seen.append(page_title)
    )
    return seen


def told(page: AppTest) -> list[str]:
    """What fragments tell the browser."""
    assert not page.exception
    parts = [json.loads(part.proto.json) for part in page.sidebar.get("bidi_component")]
    return [part["title"] for part in parts if "title" in part]


# Two thirds of the half that training is of a run, after what comes before it
SHARE = "75 % · "


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("", "Unfreeze"),
        ("pages/2_Head.py", "Head · Unfreeze"),
        ("pages/6_Runs.py", "Runs · Unfreeze"),
    ],
)
def test_every_page_tells_how_far_the_run_is(
    run: Run, titles: list[str], file: str, name: str
) -> None:
    page = open_page(file, run=run.id)

    assert titles[-1] == SHARE + name
    assert told(page) == [SHARE + name]


def test_it_is_plain_again_at_the_end(run: Run, titles: list[str]) -> None:
    page = open_page("pages/6_Runs.py", run=run.id)
    write_status(run.path, RunStatus(RunState.COMPLETED, started=1.0, finished=2.0))
    page.run()

    assert titles[-1] == "Runs · Unfreeze"
    assert told(page) == []


def test_runs_of_others_are_not_told(run: Run, titles: list[str]) -> None:
    page = open_page("pages/6_Runs.py")

    assert titles[-1] == "Runs · Unfreeze"
    assert told(page) == []


def test_the_newest_run_is_looked_at_on_its_own_page(run: Run, titles: list[str]) -> None:
    page = open_page("pages/2_Head.py")

    assert told(page) == [SHARE + "Head · Unfreeze"]
    assert told(page.switch_page("pages/6_Runs.py").run()) == [SHARE + "Runs · Unfreeze"]


def test_a_waiting_run_has_no_share_yet(store: RunStore, dataset: Dataset) -> None:
    assert tab_title("Head", store.create(runs.head_config(dataset))) == "Head"


def test_a_member_stands_for_its_group(store: RunStore, dataset: Dataset, run: Run) -> None:
    mark = GroupMark("g", "seeds", "Seeds", run.id)
    members = [store.create(runs.head_config(dataset), group=mark) for _ in range(2)]
    ended = RunStatus(RunState.COMPLETED, started=1.0, finished=2.0)
    write_status(members[0].path, ended)
    write_status(run.path, ended)
    page = open_page("pages/6_Runs.py", run=run.id)

    assert told(page) == ["50 % · Runs · Unfreeze"]
