"""A process that waits for work: it takes it, dies with its parent, and is never an old one."""

import fcntl
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
from core.jobs.gpus import Share
from core.jobs.state import write_status
from core.queue import scheduler, supervisor
from core.queue import warm as spare
from core.queue.dispatcher import Dispatcher
from core.queue.started import end_all, started
from core.queue.warm import TASK_LOCKS, Spares, spare_ready, spare_records, start
from core.runs import RunState, RunStatus, RunStore
from core.settings import APP_ROOT, Settings
from tests.patience import PATIENCE_S, wait_until
from tests.workshop import saved_weights

# The real one, which imports nothing.
LIGHT = """
import sys
from core.training import warm
warm.warm_up = lambda: None
warm.worker.leave(warm.main(sys.argv[1:]))
"""
WORKER = [sys.executable, "-m", "core.training.worker"]
NOTHING = Share({}, ())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "_COMMAND", [sys.executable, "-c", LIGHT])
    monkeypatch.setattr(spare, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(spare, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(spare, "NEEDED_BYTES", 0)
    monkeypatch.setattr(spare, "LEAST_BYTES", 0)


@pytest.fixture
def spares(settings: Settings) -> Iterator[Spares]:
    with Spares(settings.queue_dir) as made:
        yield made


def waiting(queue_dir: Path) -> int:
    """Number of the process of the one spare."""
    (record,) = spare_records(queue_dir)
    return int(json.loads(record.read_text())["pid"])


def test_the_spare_does_the_work_in_the_run_s_log_and_is_followed_by_another(
    settings: Settings, spares: Spares
) -> None:
    run = RunStore(settings.runs_dir).create(HeadConfig("data", "v1"))
    write_status(run.path, RunStatus(RunState.COMPLETED))
    assert spares.wait(PATIENCE_S)
    pid = waiting(settings.queue_dir)
    (entry,) = started(settings, [])
    assert (entry.role, entry.pid) == ("spare", pid)

    with spares.busy():
        child = start([*WORKER, str(run.path)], run.path / "worker.log", NOTHING, spares)
        assert child.pid == pid
        assert child.wait(PATIENCE_S) == 0
        assert "is completed already" in (run.path / "worker.log").read_text()
        # None begins beside the work.
        time.sleep(0.2)
        assert not spare_records(settings.queue_dir)
    assert spares.wait(PATIENCE_S)
    assert waiting(settings.queue_dir) != pid


def test_a_dead_spare_is_not_asked_and_comes_back_after_the_next_work(
    settings: Settings, spares: Spares, tmp_path: Path
) -> None:
    assert spares.wait(PATIENCE_S)
    os.kill(waiting(settings.queue_dir), signal.SIGKILL)
    assert wait_until(lambda: not spare_records(settings.queue_dir))
    time.sleep(0.1)
    assert not spare_records(settings.queue_dir)

    with spares.busy():
        command = [sys.executable, "-m", "core.queue", "nothing"]
        child = start(command, tmp_path / "log", NOTHING, spares)
        assert child.wait(PATIENCE_S) == 2
    assert "usage" in (tmp_path / "log").read_text()
    assert spares.wait(PATIENCE_S)


def test_a_spare_from_before_an_upgrade_is_ended(
    settings: Settings, spares: Spares, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spares.wait(PATIENCE_S)
    pid = waiting(settings.queue_dir)
    monkeypatch.setattr(spare, "code_stamp", lambda: 0)

    assert spares.give("core.training.worker", ["run"], settings.queue_dir / "log", {}) is None
    assert not psutil.pid_exists(pid)
    with spares.busy():
        pass
    time.sleep(0.1)
    assert not spare_records(settings.queue_dir)


def test_changed_code_has_another_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "APP_ROOT", tmp_path)
    (tmp_path / "core").mkdir()
    file = tmp_path / "core" / "run.py"
    file.write_text("one")
    before = spare.code_stamp()
    assert spare.code_stamp() == before
    file.write_text("three")
    assert spare.code_stamp() != before


def test_a_spare_that_nobody_needs_ends(settings: Settings) -> None:
    with Spares(settings.queue_dir) as spares:
        assert wait_until(lambda: spare_records(settings.queue_dir))
        spares._idle_seconds = 0.0
        assert wait_until(lambda: not spare_records(settings.queue_dir))
        spares._idle_seconds = PATIENCE_S
        with spares.busy():
            pass
        assert wait_until(lambda: spare_records(settings.queue_dir))
    assert not spare_records(settings.queue_dir)


def test_there_is_none_where_memory_is_short(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare, "NEEDED_BYTES", 10**18)
    with Spares(settings.queue_dir) as spares:
        assert not spares.wait(0.3)
    assert not spare_records(settings.queue_dir)


@pytest.mark.parametrize("name", TASK_LOCKS)
def test_none_begins_beside_a_short_task(settings: Settings, name: str) -> None:
    settings.queue_dir.mkdir()
    with (settings.queue_dir / name).open("a") as task:
        fcntl.flock(task, fcntl.LOCK_EX)
        with Spares(settings.queue_dir) as spares:
            time.sleep(0.3)
            assert not spare_records(settings.queue_dir)
            fcntl.flock(task, fcntl.LOCK_UN)
            assert spares.wait(PATIENCE_S)


def test_a_spare_dies_with_its_worker(settings: Settings) -> None:
    code = (
        "import sys, os, time, pathlib; from core.runs import spare\n"
        f"spare._COMMAND = [sys.executable, '-c', {LIGHT!r}]\n"
        "spare.QUIET_SECONDS, spare.POLL_SECONDS, spare.NEEDED_BYTES = 0.0, 0.02, 0\n"
        f"spares = spare.Spares(pathlib.Path({str(settings.queue_dir)!r}))\n"
        "spares.wait(240); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=APP_ROOT, check=False)

    assert wait_until(lambda: not spare_records(settings.queue_dir))


def test_a_run_whose_spare_dies_before_it_begins_gets_a_process_of_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = LIGHT.replace("lambda: None", "lambda: sys.exit(1)")
    monkeypatch.setattr(
        spare, "_COMMAND", [sys.executable, "-c", f"import time; time.sleep(1){dies}"]
    )
    writes = (
        "import sys, pathlib; pathlib.Path(sys.argv[1], 'status.json')"
        '.write_text(\'{"state": "completed", "finished": 1, "attempts": 1}\')'
    )
    monkeypatch.setattr(supervisor, "_COMMAND", [sys.executable, "-c", writes])
    run = RunStore(settings.runs_dir).create(HeadConfig("data", "v1"))
    with Spares(settings.queue_dir) as spares:
        assert wait_until(lambda: spare_records(settings.queue_dir))
        assert supervisor.supervise(run, spares) is RunState.COMPLETED


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
        assert wait_until(lambda: any(map(spare_ready, spare_records(queue_dir))))
        pid = waiting(settings.queue_dir)
        warm = store.create(config)
        dispatcher.wake()
        assert wait_until(lambda: store.get(warm.id).status.state is RunState.COMPLETED)
        assert json.loads(warm.process_path.read_text())["pid"] == pid
    finally:
        dispatcher.close()
        end_all(settings)
    ours, theirs = saved_weights(warm), saved_weights(plain)
    assert list(ours) == list(theirs)
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)
    assert not spare_records(settings.queue_dir)
    assert scheduler.try_connect(settings) is None
