"""A group on the other pages: one row on Runs, one bar beside every page, nowhere a flood."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.config import FineTuneConfig
from core.datasets import Dataset
from core.jobs.state import write_status
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.groups import Group, group_about, new_mark, queue_group
from core.ui.runs.groups import group_words
from tests.alive import beat
from tests.ui import runs
from tests.ui.app import open_page, words


@pytest.fixture
def head(store: RunStore, dataset: Dataset) -> Run:
    return runs.finished(store, runs.head_config(dataset))


def sweep(store: RunStore, head: Run, count: int = 3) -> Group:
    configs = [FineTuneConfig(head.id, head.base, "block6") for _ in range(count)]
    queue_group(store.create, new_mark("sweep", "Every block", head.id), configs, "Squares")
    group = group_about(store.list(), "sweep", head.id)
    assert group is not None
    return group


def end(group: Group) -> None:
    for run in group.runs:
        results = {**runs.RESULTS, "test_accuracy": 0.123}
        status = RunStatus(RunState.COMPLETED, started=10.0, finished=18.0, results=results)
        write_status(run.path, status)
        run.model_path.touch()
        run.litert_path.touch()


def button_keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


def test_a_group_of_one_run_waits_in_the_singular(store: RunStore, head: Run) -> None:
    assert group_words(sweep(store, head, 1)) == "1 run waits in the queue"
    assert group_words(sweep(store, head, 2)) == "2 runs wait in the queue"


def test_a_group_is_one_row_with_its_members_inside(store: RunStore, head: Run) -> None:
    group = sweep(store, head)
    end(group)
    page = open_page("pages/6_Runs.py")

    assert not page.exception
    text = words(page)
    assert "Every block" in text
    assert "3 of 3" in text
    assert "24 s" in text  # three runs of eight seconds
    member = f"open_{group.runs[0].id}"
    assert member not in button_keys(page)
    page.session_state[f"members_{group.mark.id}"] = True
    page.run()
    assert member in button_keys(page)
    # the test accuracies of what is chosen among are not shown
    assert "12.3 %" not in words(page)


def test_all_are_deleted_by_one_button(store: RunStore, head: Run) -> None:
    group = sweep(store, head)
    end(group)
    page = open_page("pages/6_Runs.py")
    page.button(key=f"delete_group_{group.mark.id}").click().run()

    assert [run.id for run in store.list()] == [head.id]
    assert not page.exception


def test_all_are_stopped_by_one_button(store: RunStore, head: Run) -> None:
    group = sweep(store, head)
    page = open_page("pages/6_Runs.py")
    page.button(key=f"stop_group_menu_{group.mark.id}").click().run()

    assert not store.queued()
    assert f"resume_group_menu_{group.mark.id}" in button_keys(page)


def test_other_pages_show_one_bar_for_all(store: RunStore, head: Run) -> None:
    group = sweep(store, head)
    running = RunStatus(RunState.RUNNING, "training", 1, 2, "batches", started=1.0)
    write_status(group.runs[0].path, running)
    beat(group.runs[0])
    page = open_page("pages/1_Data.py")

    assert not page.exception
    assert [bar.proto.text for bar in page.get("progress")] == ["0 of 3 runs done"]
    assert "Every block" in [link.proto.label for link in page.get("page_link")]


def test_home_and_predict_do_not_list_the_members(store: RunStore, head: Run) -> None:
    end(sweep(store, head))
    home = open_page()
    assert button_keys(home) & {f"open_{run.id}" for run in store.list()} == {f"open_{head.id}"}
    assert "Next: choose a block to unfreeze" in [button.label for button in home.button]

    predict = open_page("pages/5_Predict.py")
    assert not predict.exception
    assert len(predict.selectbox[0].options) == 1
