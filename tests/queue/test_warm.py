"""A process that waits for work: it takes it, dies with its parent, and is never an old one."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.config import HeadConfig, TrainingConfig
from core.datasets import Dataset
from core.jobs.state import write_status
from core.queue import scheduler, supervisor, warm
from core.queue.dispatcher import Dispatcher
from core.queue.started import end_all, started
from core.queue.supervisor import start
from core.queue.warm import WarmWorker, is_ready, warm_records
from core.runs import RunState, RunStatus, RunStore
from core.settings import APP_ROOT, Settings
from tests.patience import PATIENCE_S, wait_until
from tests.workshop import saved_weights

LIGHT = "tests.queue.light_warm"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "_MODULE", LIGHT)
    monkeypatch.setattr(warm, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(warm, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(warm, "NEEDED_BYTES", 0)
    monkeypatch.setattr(warm, "LEAST_BYTES", 0)


@pytest.fixture
def keeper(settings: Settings) -> Iterator[WarmWorker]:
    with WarmWorker(settings.queue_dir) as made:
        yield made


def waiting(queue_dir: Path) -> int:
    """Number of the process of the one spare."""
    (record,) = warm_records(queue_dir)
    return int(json.loads(record.read_text())["pid"])


def test_the_spare_does_the_work_in_the_run_s_log_and_is_followed_by_another(
    settings: Settings, keeper: WarmWorker
) -> None:
    run = RunStore(settings.runs_dir).create(HeadConfig("data", "v1"))
    write_status(run.path, RunStatus(RunState.COMPLETED))
    assert keeper.wait(PATIENCE_S)
    pid = waiting(settings.queue_dir)
    (entry,) = started(settings, [])
    assert (entry.role, entry.pid) == ("warm worker", pid)

    with keeper.busy():
        child = start(run.job.command, run.path / "worker.log", keeper)
        assert child.pid == pid
        assert child.wait(PATIENCE_S) == 0
        assert "is completed already" in (run.path / "worker.log").read_text()
        # None begins beside the work.
        time.sleep(0.2)
        assert not warm_records(settings.queue_dir)
    assert keeper.wait(PATIENCE_S)
    assert waiting(settings.queue_dir) != pid


def test_a_dead_spare_is_not_asked_and_comes_back_after_the_next_work(
    settings: Settings, keeper: WarmWorker, tmp_path: Path
) -> None:
    assert keeper.wait(PATIENCE_S)
    os.kill(waiting(settings.queue_dir), signal.SIGKILL)
    assert wait_until(lambda: not warm_records(settings.queue_dir))
    time.sleep(0.1)
    assert not warm_records(settings.queue_dir)

    with keeper.busy():
        child = start(["core.queue", "nothing"], tmp_path / "log", keeper)
        assert child.wait(PATIENCE_S) == 2
    assert "usage" in (tmp_path / "log").read_text()
    assert keeper.wait(PATIENCE_S)


def test_a_spare_from_before_an_upgrade_is_ended(
    settings: Settings, keeper: WarmWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keeper.wait(PATIENCE_S)
    pid = waiting(settings.queue_dir)
    monkeypatch.setattr(warm, "code_stamp", lambda: 0)

    assert keeper.give(["core.training.worker", "run"], settings.queue_dir / "log", {}) is None
    assert not psutil.pid_exists(pid)
    with keeper.busy():
        pass
    time.sleep(0.1)
    assert not warm_records(settings.queue_dir)


def test_changed_code_has_another_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "APP_ROOT", tmp_path)
    (tmp_path / "core").mkdir()
    file = tmp_path / "core" / "run.py"
    file.write_text("one")
    before = warm.code_stamp()
    assert warm.code_stamp() == before
    file.write_text("three")
    assert warm.code_stamp() != before


def test_a_spare_that_nobody_needs_ends(settings: Settings) -> None:
    with WarmWorker(settings.queue_dir) as keeper:
        assert wait_until(lambda: warm_records(settings.queue_dir))
        keeper._idle_seconds = 0.0
        assert wait_until(lambda: not warm_records(settings.queue_dir))
        keeper._idle_seconds = PATIENCE_S
        with keeper.busy():
            pass
        assert wait_until(lambda: warm_records(settings.queue_dir))
    assert not warm_records(settings.queue_dir)


def test_there_is_none_where_memory_is_short(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "NEEDED_BYTES", 10**18)
    with WarmWorker(settings.queue_dir) as keeper:
        assert not keeper.wait(0.3)
    assert not warm_records(settings.queue_dir)


def test_a_spare_dies_with_its_worker(settings: Settings) -> None:
    code = (
        "import sys, os, time, pathlib; from core.queue import warm\n"
        f"warm._MODULE = {LIGHT!r}\n"
        "warm.QUIET_SECONDS, warm.POLL_SECONDS, warm.NEEDED_BYTES = 0.0, 0.02, 0\n"
        f"keeper = warm.WarmWorker(pathlib.Path({str(settings.queue_dir)!r}))\n"
        "keeper.wait(240); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=APP_ROOT, check=False)

    assert wait_until(lambda: not warm_records(settings.queue_dir))


def test_a_run_whose_spare_dies_before_it_begins_gets_a_process_of_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "_MODULE", "tests.queue.dying_warm")
    run = RunStore(settings.runs_dir).create(HeadConfig("data", "v1"))
    kind = dataclasses.replace(run.job.kind, command="tests.queue.completing_worker")
    job = dataclasses.replace(run.job, kind=kind)
    with WarmWorker(settings.queue_dir) as keeper:
        assert wait_until(lambda: warm_records(settings.queue_dir))
        assert supervisor.supervise(job, keeper) is RunState.COMPLETED


@pytest.mark.slow
def test_a_run_of_the_queue_is_given_to_the_spare_and_ends_with_the_same_weights(
    settings: Settings, make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_WARM", "on")
    dataset, store = make_dataset(), RunStore(settings.runs_dir)
    training = TrainingConfig(epochs=2, batch_size=8)
    config = HeadConfig(dataset.id, dataset.version, image_size=32, training=training)
    dispatcher = Dispatcher(settings)
    plain = store.create(config)
    dispatcher.start()
    try:
        # The worker has just begun, so this one gets a process of its own.
        assert wait_until(lambda: store.get(plain.id).status.state is RunState.COMPLETED)
        queue_dir = settings.queue_dir
        assert wait_until(lambda: any(map(is_ready, warm_records(queue_dir))))
        pid = waiting(settings.queue_dir)
        second = store.create(config)
        dispatcher.wake()
        assert wait_until(lambda: store.get(second.id).status.state is RunState.COMPLETED)
        assert json.loads(second.process_path.read_text())["pid"] == pid
    finally:
        dispatcher.close()
        end_all(settings)
    ours, theirs = saved_weights(second), saved_weights(plain)
    assert list(ours) == list(theirs)
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)
    assert not warm_records(settings.queue_dir)
    assert scheduler.try_connect(settings) is None
