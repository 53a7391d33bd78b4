"""The list of runs reads an ended run once, and again once its folder has changed."""

import dataclasses
import os
import time
from pathlib import Path

import pytest

from core import files
from core.config import HeadConfig
from core.files import file_version, read_kept
from core.jobs import state
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.store import write_status


@pytest.fixture(autouse=True)
def young_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds may pass within any test."""
    monkeypatch.setattr(files, "_YOUNG_NS", 3600 * 10**9)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def read(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the runs that were read from their folders."""
    ids: list[str] = []
    readable = RunStore._readable

    def counted(self: RunStore, run_id: str) -> Run | None:
        ids.append(run_id)
        return readable(self, run_id)

    monkeypatch.setattr(RunStore, "_readable", counted)
    return ids


def ended(store: RunStore) -> Run:
    """A stopped run of yesterday."""
    run = store.create(HeadConfig("d", "v1"))
    write_status(run.path, RunStatus(RunState.STOPPED, finished=time.time(), attempts=1))
    age(run)
    return run


def age(run: Run) -> None:
    yesterday = time.time() - 86_400
    for path in (*run.path.iterdir(), run.path):
        os.utime(path, (yesterday, yesterday))


def states(store: RunStore) -> list[RunState]:
    return [run.status.state for run in RunStore(store.runs_dir).list()]


def test_an_ended_run_is_read_once(store: RunStore, read: list[str]) -> None:
    run = ended(store)

    assert [states(store) for _ in range(3)] == [[RunState.STOPPED]] * 3
    assert read == [run.id]


def test_a_run_that_goes_on_again_is_read_again(store: RunStore, read: list[str]) -> None:
    run = ended(store)
    assert states(store) == [RunState.STOPPED]
    store.request_resume(run.id)

    assert states(store) == [RunState.QUEUED]
    store.request_stop(run.id)
    assert states(store) == [RunState.STOPPED]


def test_a_run_that_changed_a_moment_ago_is_read_every_time(
    store: RunStore, read: list[str]
) -> None:
    run = ended(store)
    os.utime(run.path)

    assert [states(store) for _ in range(3)] == [[RunState.STOPPED]] * 3
    assert len(read) == 3


def test_one_that_only_seems_gone_is_read_every_time(store: RunStore, read: list[str]) -> None:
    run = store.create(HeadConfig("d", "v1"))
    write_status(run.path, RunStatus(RunState.RUNNING))
    (run.path / "heartbeat").touch()
    age(run)
    assert states(store) == [RunState.FAILED]
    later = time.time() + 3600
    os.utime(run.path / "heartbeat", (later, later))

    assert states(store) == [RunState.RUNNING]


def test_a_deleted_run_is_gone_and_a_copied_one_is_there(store: RunStore) -> None:
    run = ended(store)
    states(store)
    copy = store.runs_dir / "copy"
    run.path.rename(copy)

    assert [r.id for r in store.list()] == ["copy"]


def test_the_status_of_a_running_run_takes_no_place_of_ended_ones(store: RunStore) -> None:
    run = store.create(HeadConfig("d", "v1"))
    before = state._written_status.cache_info().currsize
    for done in range(5):
        write_status(run.path, dataclasses.replace(RunStatus(RunState.RUNNING), done=done))
        assert store.get(run.id).status.done == done

    assert state._written_status.cache_info().currsize == before
    age(run)
    read_kept(state._written_status, *_status_of(run))
    assert state._written_status.cache_info().currsize == before + 1


def _status_of(run: Run) -> tuple[Path, tuple[int, int]]:
    path = run.path / "status.json"
    return path, file_version(path)
