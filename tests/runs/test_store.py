"""The run store: states as readers see them, and names that must not leave the folder."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.config import FineTuneConfig, HeadConfig, RateTestConfig, TrainingConfig
from core.errors import RunError
from core.jobs.process import end_process, record_process
from core.jobs.state import HEARTBEAT_LIMIT_S, write_status
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.metrics_log import epoch_table, read_metrics
from tests.alive import beat
from tests.patience import PATIENCE_S

HEAD = HeadConfig("data", "v1", backbone="vgg16", training=TrainingConfig(epochs=3))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def test_a_new_run_is_queued_and_keeps_its_configuration(store: RunStore) -> None:
    run = store.create(HEAD, "Digits")

    again = store.get(run.id)

    assert again.config == HEAD
    assert again.status.state is RunState.QUEUED
    assert again.dataset_name == "Digits"


def test_a_fine_tuning_run_keeps_both_configurations(store: RunStore) -> None:
    config = FineTuneConfig("head-run", HEAD, "block5", training=TrainingConfig(learning_rate=1e-5))

    run = store.get(store.create(config).id)

    assert run.config == config
    assert run.base == HEAD


def test_values_of_a_newer_version_are_ignored(store: RunStore) -> None:
    run = store.create(HEAD)
    path = run.path / "config.json"
    path.write_text(path.read_text().replace('"kind"', '"from_the_future": 1, "kind"'))

    assert store.get(run.id).config == HEAD


def test_the_list_is_newest_first_and_skips_what_cannot_be_read(store: RunStore) -> None:
    ids = [store.create(HEAD).id for _ in range(5)]
    broken = store.runs_dir / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{")

    assert [run.id for run in store.list()] == ids[::-1]


def test_no_folder_is_an_empty_list(store: RunStore) -> None:
    assert store.list() == []


def running(store: RunStore) -> str:
    run = store.create(HEAD)
    write_status(run.path, RunStatus(state=RunState.RUNNING, phase="training"))
    beat(run)
    return run.id


def silent(store: RunStore) -> Run:
    run = store.get(running(store))
    os.utime(run.path / "heartbeat", (time.time() - HEARTBEAT_LIMIT_S - 1,) * 2)
    return run


def test_a_running_run_without_heartbeat_has_failed(store: RunStore) -> None:
    alive, gone = running(store), silent(store).id

    assert store.get(alive).status.state is RunState.RUNNING
    status = store.get(gone).status
    assert status.state is RunState.FAILED
    assert status.error is not None
    assert status.error["what"] == "The process ended unexpectedly."


def test_a_run_that_slept_with_its_machine_runs_on(store: RunStore, tmp_path: Path) -> None:
    run = silent(store)
    hold = "import sys, time; f = open(sys.argv[1], 'a'); print(flush=True); time.sleep(600)"
    command = [sys.executable, "-c", hold, str(run.path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        record_process(run.process_path, process.pid)
        shutil.copytree(store.runs_dir, tmp_path / "copy")

        assert store.get(run.id).status.state is RunState.RUNNING
        assert RunStore(tmp_path / "copy").get(run.id).status.state is RunState.FAILED
        process.kill()
    assert store.get(run.id).status.state is RunState.FAILED


def test_a_stop_request_shows_as_stopping(store: RunStore) -> None:
    run_id = running(store)
    store.request_stop(run_id)

    assert store.get(run_id).status.state is RunState.STOPPING


def test_a_queued_run_that_is_stopped_never_starts(store: RunStore) -> None:
    run = store.create(HEAD)
    store.request_stop(run.id)

    assert store.get(run.id).status.state is RunState.STOPPED


def test_a_status_that_is_no_json_is_a_failed_run_and_no_crash(store: RunStore) -> None:
    run = store.create(HEAD)
    (run.path / "status.json").write_text("{")

    assert store.get(run.id).status.state is RunState.FAILED


def test_only_ended_runs_can_be_deleted(store: RunStore) -> None:
    run = store.create(HEAD)
    with pytest.raises(RunError, match="queued"):
        store.delete(run.id)
    write_status(run.path, RunStatus(state=RunState.COMPLETED))

    store.delete(run.id)

    assert not run.path.exists()


def test_children_are_the_runs_that_start_from_it(store: RunStore) -> None:
    head = store.create(HEAD)
    child = store.create(FineTuneConfig(head.id, HEAD, "block5"))
    store.create(FineTuneConfig("another", HEAD, "block5"))

    assert [run.id for run in store.children(head.id)] == [child.id]


@pytest.mark.parametrize("name", ["", ".", "..", "../runs", "a/b", "/etc"])
def test_names_that_leave_the_folder_are_refused(store: RunStore, name: str) -> None:
    with pytest.raises(RunError):
        store.get(name)


def test_status_survives_its_file(store: RunStore) -> None:
    status = RunStatus(
        state=RunState.FAILED, error={"what": "a", "way_out": "b"}, results={"val_accuracy": 0.5}
    )
    run = store.create(HEAD)
    write_status(run.path, status)

    assert dataclasses.asdict(store.get(run.id).status) == dataclasses.asdict(status)


def ended(store: RunStore, state: RunState) -> str:
    run = store.create(HEAD)
    results = {"val_accuracy": 0.5}
    write_status(run.path, RunStatus(state=state, attempts=1, finished=1.0, results=results))
    return run.id


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.FAILED])
def test_what_ended_early_goes_into_the_queue_again(store: RunStore, state: RunState) -> None:
    run_id = ended(store, state)
    store.request_stop(run_id)

    store.request_resume(run_id)

    status = store.get(run_id).status
    assert status.state is RunState.QUEUED
    assert status.results == {"val_accuracy": 0.5}
    assert status.attempts == 1


def test_what_is_completed_does_not_go_on(store: RunStore) -> None:
    run_id = ended(store, RunState.COMPLETED)

    with pytest.raises(RunError, match="completed"):
        store.request_resume(run_id)


def test_a_resumed_run_that_is_cancelled_is_what_it_was(store: RunStore) -> None:
    run_id = ended(store, RunState.FAILED)
    store.request_resume(run_id)
    store.request_stop(run_id)

    assert store.get(run_id).status.state is RunState.FAILED


def test_a_cancelled_run_can_be_queued_again(store: RunStore) -> None:
    run = store.create(HEAD)
    store.request_stop(run.id)
    store.request_resume(run.id)

    assert store.get(run.id).status.state is RunState.QUEUED


def test_a_run_whose_process_is_gone_can_go_on(store: RunStore) -> None:
    run_id = silent(store).id
    store.request_stop(run_id)

    store.request_resume(run_id)

    assert store.get(run_id).status.state is RunState.QUEUED


def test_queued_runs_move_up_one_place_at_a_time(store: RunStore) -> None:
    first, second, third = (store.create(HEAD).id for _ in range(3))
    running(store)
    assert [run.id for run in store.queued()] == [first, second, third]

    store.move_up(third)
    assert [run.id for run in store.queued()] == [first, third, second]
    store.move_up(third)
    store.move_up(third)
    store.move_up(second)
    assert [run.id for run in store.queued()] == [third, second, first]


def test_who_started_a_run_is_kept(store: RunStore) -> None:
    adas = RunStore(store.runs_dir, "Ada").create(HEAD)
    assert store.get(adas.id).started_by == "Ada"
    assert store.create(HEAD).started_by == ""


def test_a_process_is_ended_by_force_only_when_it_is_the_very_one(store: RunStore) -> None:
    run = store.get(running(store))
    with subprocess.Popen(["sleep", "600"]) as process:
        record_process(run.process_path, process.pid)
        record = json.loads(run.process_path.read_text())
        run.process_path.write_text(json.dumps({**record, "started": record["started"] - 100}))
        store.kill(run.id)
        assert process.poll() is None

        run.process_path.write_text(json.dumps(record))
        store.kill(run.id)
        assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert run.kill_path.exists()


def test_nothing_is_killed_on_another_host(store: RunStore) -> None:
    run = store.get(running(store))
    with subprocess.Popen(["sleep", "600"]) as process:
        record_process(run.process_path, process.pid)
        record = json.loads(run.process_path.read_text())
        run.process_path.write_text(json.dumps({**record, "host": "elsewhere"}))
        store.kill(run.id)
        assert process.poll() is None
        process.kill()


def test_a_run_that_ended_is_not_killed(store: RunStore) -> None:
    run_id = ended(store, RunState.STOPPED)

    with pytest.raises(RunError, match="stopped"):
        store.kill(run_id)


def test_a_workspace_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")

    with pytest.raises(RunError, match="could not be written"):
        RunStore(tmp_path / "runs").create(HEAD)


OLD_WORKSPACE = Path(__file__).with_name("old_workspace")


def test_runs_of_the_first_version_open(tmp_path: Path) -> None:
    shutil.copytree(OLD_WORKSPACE, tmp_path / "workspace")
    runs = RunStore(tmp_path / "workspace" / "runs").list()

    assert [run.status.state for run in runs] == [RunState.COMPLETED, RunState.COMPLETED]
    tuned, head = runs
    assert isinstance(tuned.config, FineTuneConfig)
    assert tuned.config.head_run_id == head.id
    assert (tuned.config.block, tuned.config.training.learning_rate) == ("block6", 0.001)
    assert head.base.backbone == "efficientnet_lite0"
    assert head.base.weights == "imagenet"
    assert head.status.results["best_epoch"] >= 1
    assert head.order == head.created
    table = epoch_table(read_metrics(head.metrics_path))
    assert table["val_accuracy"].between(0, 1).all()
    assert len(table) == 2


def test_a_run_copied_from_another_machine_opens_and_can_go_on(
    store: RunStore, tmp_path: Path
) -> None:
    run = store.get(running(store))
    (run.path / "checkpoints").mkdir()
    record_process(run.process_path)
    record = json.loads(run.process_path.read_text())
    run.process_path.write_text(json.dumps({**record, "host": "elsewhere"}))
    os.utime(run.path / "heartbeat", (0, 0))
    shutil.copytree(store.runs_dir, tmp_path / "here" / "runs")

    copied = RunStore(tmp_path / "here" / "runs")
    (found,) = copied.list()
    assert (found.config, found.status.state) == (run.config, RunState.FAILED)
    assert not end_process(found.process_path)  # a number of another machine is nobody here
    copied.request_resume(found.id)
    assert [waiting.id for waiting in copied.startable()] == [run.id]


def test_a_rate_test_waits_in_the_queue_but_is_no_model(store: RunStore) -> None:
    tuning = FineTuneConfig("head-run", HEAD, "block5")
    run = store.create(RateTestConfig(HEAD, tuning))

    assert store.list() == []
    assert [r.id for r in store.queued()] == [run.id]
    again = store.list(rate_tests=True)[0]
    assert again.config == RateTestConfig(HEAD, tuning)
    assert (again.base, again.is_head) == (HEAD, False)
    assert store.get(store.create(RateTestConfig(HEAD)).id).config == RateTestConfig(HEAD)


def test_rate_tests_go_with_the_head_or_the_data_set(store: RunStore) -> None:
    head = store.create(HEAD)
    of_head = store.create(RateTestConfig(HEAD, FineTuneConfig(head.id, HEAD, "block5")))
    of_data = store.create(RateTestConfig(HEAD))
    waiting = store.create(RateTestConfig(HEAD))
    for run in (head, of_head, of_data):
        write_status(run.path, RunStatus(RunState.COMPLETED))

    store.delete(head.id)
    assert {run.id for run in store.list(rate_tests=True)} == {of_data.id, waiting.id}
    store.forget_rate_tests("data")
    assert [run.id for run in store.list(rate_tests=True)] == [waiting.id]
