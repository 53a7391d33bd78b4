"""Which schedulers the app connects to, and what a task of the queue picks, without Dask."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.config import HeadConfig
from core.errors import QueueError
from core.files import write_json
from core.jobs import process
from core.jobs.job import SLOT
from core.jobs.process import end_process, record_process, recorded_process
from core.jobs.state import write_status
from core.queue import scheduler, supervisor
from core.queue.dispatcher import Dispatcher
from core.runs import RunState, RunStatus, RunStore
from core.settings import Settings
from tests.patience import PATIENCE_S

HEAD = HeadConfig("data", "v1")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.mark.parametrize("address", ["tcp://10.0.0.7:8786", "10.0.0.7:8786", "tcp://gpu-1:8786"])
def test_an_open_scheduler_on_another_host_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(QueueError, match="open to its whole network"):
        scheduler.connect(Settings(workspace=tmp_path, scheduler=address))


def test_a_scheduler_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "CONNECT_SECONDS", 0.5)
    with pytest.raises(QueueError, match="does not answer"):
        scheduler.connect(Settings(workspace=tmp_path, scheduler="tcp://127.0.0.1:9"))


def test_a_scheduler_that_is_gone_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "_client", lambda address: pytest.fail(f"asks {address}"))
    settings = Settings(workspace=tmp_path)
    write_json(scheduler.scheduler_file(settings), {"address": "tcp://127.0.0.1:9"})
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        record_process(scheduler.record(settings, "scheduler"), sleeper.pid)
        sleeper.kill()

    assert scheduler.try_connect(settings) is None


def pretend(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Puts a small program in the training process's place."""
    program = f"import sys, pathlib, os, signal; run = pathlib.Path(sys.argv[-1]); {code}"
    monkeypatch.setattr(process, "_PYTHON", (sys.executable, "-c", program))


ENDS = (
    'run.joinpath(\'status.json\').write_text(\'{"state": "completed", "finished": 1}\');'
    "run.parent.joinpath('log').open('a').write(run.name + chr(10))"
)


def test_runs_are_worked_off_in_the_order_of_the_queue(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, ENDS)
    first, second, third, cancelled = (store.create(HEAD).id for _ in range(4))
    store.move_up(third)
    store.request_stop(cancelled)

    assert supervisor.work_off(str(store.runs_dir.parent), SLOT) == 3

    assert (store.runs_dir / "log").read_text().split() == [first, third, second]
    assert store.get(cancelled).status.state is RunState.STOPPED


def test_a_run_that_another_worker_sees_to_is_left_alone(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, ENDS)
    taken, free = (store.create(HEAD) for _ in range(2))
    claim = supervisor._claim(taken.job)
    assert claim is not None

    with claim:
        assert supervisor.work_off(str(store.runs_dir.parent), SLOT) == 1

    assert (store.runs_dir / "log").read_text().split() == [free.id]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed"),
        ("os.kill(os.getpid(), signal.SIGTERM)", "ended from outside"),
        ("sys.exit(3)", "crashed"),
        ("print('std::bad_alloc'); sys.exit(134)", "killed"),
    ],
)
def test_a_process_that_dies_without_a_word_is_told(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    pretend(monkeypatch, code)
    run = store.create(HEAD)
    supervisor.work_off(str(store.runs_dir.parent), SLOT)

    status = store.get(run.id).status
    assert status.state is RunState.FAILED
    assert status.error is not None
    assert words in status.error["what"]
    assert ("smaller batch" in status.error["way_out"]) == (words == "killed")


def test_a_resumed_run_that_dies_is_not_begun_for_ever(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "sys.exit(1)")
    run = store.create(HEAD)
    write_status(run.path, RunStatus(state=RunState.STOPPED, finished=1.0, attempts=1))
    store.request_resume(run.id)

    assert supervisor.work_off(str(store.runs_dir.parent), SLOT) == 1
    assert store.get(run.id).status.state is RunState.FAILED


def test_a_run_whose_lock_is_held_is_passed_over(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "pass")
    run = store.create(HEAD)

    assert supervisor.work_off(str(store.runs_dir.parent), SLOT) == 1
    assert store.get(run.id).status.state is RunState.QUEUED


def test_a_hanging_process_is_ended_on_request(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "run.joinpath('kill.request').touch(); import time; time.sleep(900)")
    run = store.create(HEAD)
    supervisor.work_off(str(store.runs_dir.parent), SLOT)

    assert (store.get(run.id).status.error or {})["what"] == "The process was ended by force."


def test_one_dispatcher_serves_a_workspace(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    one, other = Dispatcher(settings), Dispatcher(settings)

    assert one._leads()
    assert not other._leads()
    one.close()
    assert other._leads()
    other.close()


def test_a_full_disk_starts_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.queue.dispatcher.MIN_FREE_BYTES", 10**18)

    with pytest.raises(QueueError, match="disk is full"):
        Dispatcher(Settings(workspace=tmp_path))._check_disk()


def test_a_workspace_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("a file where the folder should be")

    with pytest.raises(QueueError, match="cannot be written"):
        Dispatcher(Settings(workspace=tmp_path)).dispatch()


def test_a_process_is_found_again_until_it_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "process.json"
    assert recorded_process(path) is None
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        record_process(path, sleeper.pid)
        assert recorded_process(path) is not None
        assert end_process(path, patience=PATIENCE_S)
        # Not waited for yet: its number is still taken, but it is dead.
        assert recorded_process(path) is None
    assert not end_process(path)
    record_process(path)
    found = recorded_process(path)
    assert found is not None
    assert found.pid == os.getpid()


def test_settings_name_the_scheduler(tmp_path: Path) -> None:
    settings = replace(Settings(workspace=tmp_path), scheduler="")

    assert scheduler.scheduler_file(settings) == tmp_path / "queue" / "scheduler.json"
    assert scheduler.try_connect(settings) is None
