"""A pass shared with real Dask workers, one of whose helpers is killed in mid-shard."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import psutil
import pytest

from core.config import HeadConfig
from core.jobs.state import write_status
from core.queue import scheduler
from core.queue.sharing import Helpers
from core.runs import Run, RunState, RunStatus, RunStore
from core.settings import APP_ROOT, Settings
from core.training import shards as shards_module
from core.training.feature_pass import compute_features
from core.training.feature_store import FeatureStore
from core.training.prepare import prepared
from core.training.shared_pass import shared_pass
from tests.alive import beat
from tests.patience import wait_until
from tests.squares import squares

pytestmark = pytest.mark.slow
SHARD_ROWS = 64
SHARD_COUNT = 15


@pytest.fixture
def workers(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A scheduler and two workers, each with a working directory of its own."""
    settings.queue_dir.mkdir()
    scheduler._start_scheduler(settings)
    client = scheduler._wait_for_scheduler(settings)
    options = ["--no-nanny", "--nthreads", "1", "--resources", "slot=1", "--memory-limit", "0"]
    options += ["--no-dashboard", "--scheduler-file", str(scheduler.scheduler_file(settings))]
    started = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        command = [sys.executable, "-m", "distributed.cli.dask_worker", *options]
        environment = {**os.environ, "PYTHONPATH": str(APP_ROOT)}
        started.append(subprocess.Popen(command, cwd=tmp_path / name, env=environment))
    while len(scheduler.workers(client)) < len(started):
        time.sleep(0.1)
    client.close()
    yield
    for process in started:
        process.kill()
        process.wait()
    scheduler.stop(settings)


def holders() -> set[int]:
    """The processes that work on shards now."""
    found = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(fnmatch(opened.path, "*/shard-*.lock") for opened in process.open_files()):
                found.add(process.pid)
    return found - {os.getpid()}


def computing(settings: Settings) -> Run:
    """A run that says it computes features, whose heart beats."""
    dataset = squares(settings, per_class=SHARD_ROWS * SHARD_COUNT // 3)
    store = RunStore(settings.runs_dir)
    run = store.create(HeadConfig(dataset.id, dataset.version, image_size=32))
    write_status(run.path, RunStatus(RunState.RUNNING, "features", started=time.time()))
    beat(run)
    return store.get(run.id)


def test_a_pass_goes_on_when_a_helper_is_killed_in_mid_shard(
    settings: Settings, workers: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shards_module, "SHARD_ROWS", SHARD_ROWS)
    run = computing(settings)
    stage, data = prepared(run, settings)
    store = FeatureStore(settings.features_dir)
    killed: list[int] = []

    def wait_and_kill(done: int, total: int) -> None:
        """Lets nothing happen here until a helper works on a shard; then kills it."""
        if killed or not done:
            return
        found: set[int] = set()
        assert wait_until(lambda: found.update(holders()) or found)
        killed.append(found.pop())
        os.kill(killed[0], signal.SIGKILL)

    call = partial(Helpers, settings, run.path)
    file, _ = compute_features(
        stage.model, stage.tap, data.images, store, wait_and_kill, run_pass=shared_pass(call)
    )
    alone, _ = compute_features(
        stage.model, stage.tap, data.images, FeatureStore(tmp_path / "alone"), lambda d, t: None
    )

    assert killed
    assert file.read().tobytes() == alone.read().tobytes()
