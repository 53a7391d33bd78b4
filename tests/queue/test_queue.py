"""The queue with its real processes: detached, found again, one run at a time."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from core.config import HeadConfig, TrainingConfig
from core.datasets import Dataset
from core.jobs.process import end_process
from core.queue import __main__ as queue
from core.queue import scheduler
from core.queue.dispatcher import Dispatcher
from core.queue.started import end_all, started
from core.runs import RunState, RunStore
from core.settings import APP_ROOT, Settings
from tests.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow
FAST = TrainingConfig(epochs=1, batch_size=8)


@pytest.fixture
def dispatcher(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dispatcher]:
    monkeypatch.setattr(scheduler, "START_SECONDS", PATIENCE_S)
    made = Dispatcher(settings)
    yield made
    made.close()
    for run in RunStore(settings.runs_dir).list():
        end_process(run.process_path)
    scheduler.stop(settings)
    assert wait_until(lambda: not queue_processes(settings))


def config(dataset: Dataset, epochs: int = 1) -> HeadConfig:
    training = TrainingConfig(epochs=epochs, batch_size=8)
    return HeadConfig(dataset.id, dataset.version, image_size=32, training=training)


def test_queued_runs_are_trained_one_after_the_other(
    dispatcher: Dispatcher, settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    dataset = make_dataset()
    store = RunStore(settings.runs_dir)
    ids = [store.create(config(dataset)).id for _ in range(2)]
    dispatcher.start()

    together = []

    def both_done() -> bool:
        states = [store.get(run_id).status.state for run_id in ids]
        together.append(states.count(RunState.RUNNING))
        return states == [RunState.COMPLETED] * 2

    assert wait_until(both_done), [store.get(i).status for i in ids]
    assert max(together) == 1


def test_a_run_goes_on_when_scheduler_and_dask_worker_die(
    dispatcher: Dispatcher, settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    store = RunStore(settings.runs_dir)
    run_id = store.create(config(make_dataset(), epochs=5000)).id
    dispatcher.start()
    assert wait_until(lambda: store.get(run_id).status.phase == "training")

    for process in queue_processes(settings):
        process.kill()
    time.sleep(2)

    assert store.get(run_id).status.state is RunState.RUNNING
    store.request_stop(run_id)
    assert wait_until(lambda: store.get(run_id).status.state is RunState.STOPPED)


def queue_processes(settings: Settings) -> list[psutil.Process]:
    mark = str(settings.queue_dir)
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(mark in part for part in process.info["cmdline"] or [])
    ]


def test_a_killed_training_process_is_told_with_its_reason(
    dispatcher: Dispatcher, settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    store = RunStore(settings.runs_dir)
    run = store.create(config(make_dataset(), epochs=5000))
    dispatcher.start()
    assert wait_until(lambda: store.get(run.id).status.phase == "training")

    for process in psutil.process_iter(["cmdline"]):
        if (process.info["cmdline"] or [])[-1:] == [str(run.path)]:
            process.kill()

    assert wait_until(lambda: store.get(run.id).status.state is RunState.FAILED)
    error = store.get(run.id).status.error
    assert error is not None
    assert "killed" in error["what"] or "gone" in error["what"]


def test_the_command_tells_and_ends_the_processes(
    dispatcher: Dispatcher, settings: Settings
) -> None:
    client = scheduler.connect(settings)
    assert wait_until(lambda: bool(client.scheduler_info(n_workers=-1)["workers"]))
    client.close()

    def command(word: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "core.queue", word],
            cwd=APP_ROOT,
            env=os.environ,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert command("status").startswith("running, 1 worker, ")
    assert command("stop") == "stopped\n"
    assert wait_until(lambda: not queue_processes(settings))
    assert command("status").startswith("not running")


def test_the_command_starts_what_waits_without_the_app(
    dispatcher: Dispatcher,
    settings: Settings,
    make_dataset: Callable[..., Dataset],
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = RunStore(settings.runs_dir)
    assert queue.main(["start"]) == 0
    assert not queue_processes(settings)
    run_id = store.create(config(make_dataset())).id
    assert "until somebody opens the app" in queue.status_lines(settings)[0]

    assert queue.main(["start"]) == 0
    assert capsys.readouterr().out == "no job waits\nthe queue is running, jobs that wait: 1\n"
    assert wait_until(lambda: store.get(run_id).status.attempts == 1)
    assert end_all(settings, PATIENCE_S)


def test_everything_is_ended_with_a_run_going_on_and_starts_again_with_the_next(
    dispatcher: Dispatcher, settings: Settings, make_dataset: Callable[..., Dataset]
) -> None:
    store = RunStore(settings.runs_dir)
    run_id = store.create(config(make_dataset(), epochs=5000)).id
    dispatcher.start()
    assert wait_until(lambda: store.get(run_id).status.phase == "training")
    roles = [entry.role for entry in started(settings, store.list())]
    assert roles == ["scheduler", "worker", "training"]

    assert end_all(settings, PATIENCE_S)
    assert wait_until(lambda: not queue_processes(settings))
    assert store.get(run_id).status.state is RunState.STOPPED
    time.sleep(2)
    assert not started(settings, store.list())

    store.request_resume(run_id)
    assert wait_until(lambda: store.get(run_id).status.attempts == 2)
