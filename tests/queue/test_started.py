"""What the app has started is seen and ended; small programs stand in for its processes."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from core.config import HeadConfig
from core.jobs import waiting
from core.jobs.job import Kind, read_job
from core.jobs.process import record_process
from core.jobs.state import write_status
from core.queue import scheduler
from core.queue.dispatcher import Dispatcher
from core.queue.sharing import helper_record
from core.queue.started import end_all, started
from core.runs import Run, RunState, RunStatus, RunStore
from core.settings import Settings
from tests.alive import at_work, beat
from tests.patience import PATIENCE_S

HEAD = HeadConfig("data", "v1")


@pytest.fixture
def store(settings: Settings) -> RunStore:
    return RunStore(settings.runs_dir)


@pytest.fixture
def sleepers() -> Iterator[list[subprocess.Popen[bytes]]]:
    found = [subprocess.Popen(["sleep", "600"]) for _ in range(6)]
    yield found
    for process in found:
        process.kill()
        process.wait()


def running(store: RunStore) -> Run:
    run = store.create(HEAD)
    write_status(run.path, RunStatus(RunState.RUNNING, "training", started=10.0))
    beat(run)
    return run


def test_everything_that_was_started_is_seen_and_ended(
    settings: Settings, store: RunStore, sleepers: list[subprocess.Popen[bytes]]
) -> None:
    run, queued = running(store), store.create(HEAD)
    settings.queue_dir.mkdir()
    paths = [scheduler.record(settings, name) for name in ("scheduler", "worker")]
    paths += [run.process_path, helper_record(run.path, 1)]
    jobs = [queued.path / "heatmaps", queued.path / "exports" / "onnx"]
    paths += [job / "process.json" for job in jobs]
    for path, process in zip(paths, sleepers, strict=True):
        record_process(path, process.pid)
    for job, kind in zip(jobs, ("heat maps", "export"), strict=True):
        at_work(job, Kind("", kind), "Working")
        waiting.add(settings.queue_dir, job)

    seen = started(settings, store.list())
    roles = ["scheduler", "worker", "training", "helper", "heat maps", "export"]
    assert [entry.role for entry in seen] == roles
    assert [entry.pid for entry in seen] == [process.pid for process in sleepers]
    assert all(entry.memory for entry in seen)
    assert seen[2].run is not None
    assert seen[2].run.id == run.id

    assert end_all(settings, patience=0.2)  # the sleeper does not stop when asked
    assert all(process.wait(PATIENCE_S) for process in sleepers)
    assert not started(settings, store.list())
    for job in jobs:
        os.utime(job / "heartbeat", (0, 0))
    assert not any(read_job(job).active for job in jobs)
    assert store.get(queued.id).can_resume
    os.utime(run.path / "heartbeat", (0, 0))
    assert not end_all(settings, patience=0.2)


def test_a_run_that_stops_when_asked_is_not_killed(settings: Settings, store: RunStore) -> None:
    run = running(store)
    end_all(settings, patience=0.2)
    assert run.stop_path.exists()
    assert run.kill_path.exists()

    write_status(run.path, RunStatus(RunState.STOPPED))
    run.kill_path.unlink()
    end_all(settings, patience=0.2)
    assert not run.kill_path.exists()


def test_what_was_ended_is_started_by_the_next_run_alone(
    settings: Settings, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []

    def connect(_: Dispatcher) -> None:
        connected.append("connected")
        raise OSError("no scheduler")

    dispatcher = Dispatcher(settings)
    monkeypatch.setattr(Dispatcher, "_connected", connect)
    dispatcher._warm = True
    dispatcher.dispatch()
    assert not connected

    store.create(HEAD)
    with pytest.raises(OSError, match="no scheduler"):
        dispatcher.dispatch()
    dispatcher.close()
    assert connected
