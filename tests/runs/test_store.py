"""The run store: states as readers see them, and names that must not leave the folder."""

import dataclasses
import os
import time
from pathlib import Path

import pytest

from core.config import FineTuneConfig, HeadConfig, TrainingConfig
from core.errors import RunError
from core.runs import RunState, RunStatus, RunStore
from core.runs.store import HEARTBEAT_LIMIT_S, write_status

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


def running(store: RunStore, silent_for: float = 0.0) -> str:
    run = store.create(HEAD)
    write_status(run.path, RunStatus(state=RunState.RUNNING, phase="training"))
    beat = run.path / "heartbeat"
    beat.touch()
    os.utime(beat, (time.time() - silent_for,) * 2)
    return run.id


def test_a_running_run_without_heartbeat_has_failed(store: RunStore) -> None:
    alive, gone = running(store), running(store, HEARTBEAT_LIMIT_S + 1)

    assert store.get(alive).status.state is RunState.RUNNING
    status = store.get(gone).status
    assert status.state is RunState.FAILED
    assert status.error is not None
    assert "gone" in status.error["what"]


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
