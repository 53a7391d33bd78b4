"""Tasks as real processes: done, refused, gone without a word, stopped politely and by force."""

import shutil
from pathlib import Path

import pytest

from core.errors import RunError
from core.jobs import tasks
from core.jobs.tasks import (
    Task,
    TaskReporter,
    TaskState,
    TaskStopped,
    read_task,
    start_task,
    stop_task,
)
from core.settings import Settings
from tests.patience import wait_until


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(tmp_path))
    return tmp_path / "exports" / "onnx"


def begin(folder: Path, kind: str) -> None:
    start_task(folder, "tests.jobs.sample_task", [kind])


def end_of(folder: Path) -> Task:
    assert wait_until(lambda: not read_task(folder).running)
    return read_task(folder)


def test_a_task_that_was_never_started(folder: Path) -> None:
    assert read_task(folder) == Task()


def test_a_task_leaves_its_results(folder: Path) -> None:
    with tasks._locked(Settings.from_environment().queue_dir / "tasks.lock"):
        begin(folder, "short")
        assert wait_until(lambda: read_task(folder).words == "Waiting for another task")
        assert read_task(folder).running
    assert end_of(folder) == Task(TaskState.DONE, "Counting", 1, 200, None, {"answer": 42})


def test_a_refusal_is_told_with_its_way_out(folder: Path) -> None:
    begin(folder, "refuse")

    task = end_of(folder)

    assert task.state is TaskState.FAILED
    assert task.error is not None
    assert (task.error["what"], task.error["way_out"]) == ("It does not fit.", "Take another.")


def test_a_process_that_is_gone_without_a_word_has_failed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_START_SECONDS", 0.0)
    begin(folder, "die")

    task = end_of(folder)

    assert task.state is TaskState.FAILED
    assert "without a word" in (task.error or {})["what"]


@pytest.mark.parametrize(("kind", "words"), [("long", "Counting"), ("deaf", "Asleep")])
def test_a_stop_ends_it_also_where_it_does_not_listen(folder: Path, kind: str, words: str) -> None:
    begin(folder, kind)
    assert wait_until(lambda: read_task(folder).words == words)
    begin(folder, "short")  # the second call finds it running and changes nothing

    stop_task(folder)

    assert end_of(folder).state is TaskState.STOPPED


def test_a_task_of_a_deleted_run_ends_and_leaves_nothing(
    folder: Path,
) -> None:
    folder.mkdir(parents=True)
    reporter = TaskReporter(folder)
    shutil.rmtree(folder)

    with pytest.raises(TaskStopped):
        reporter.say("Counting")
    reporter.end(TaskState.STOPPED)
    assert not folder.exists()


def test_a_task_that_cannot_be_started_says_why(folder: Path) -> None:
    folder.parent.write_text("in the way")

    with pytest.raises(RunError, match="cannot be started"):
        begin(folder, "short")
