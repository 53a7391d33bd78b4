"""One run a GPU, unless a run asks for all; GPUs are names in the environment here."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.config import HeadConfig, TrainingConfig
from core.jobs import process
from core.jobs.gpus import gpu_names, taken
from core.jobs.job import SLOT
from core.queue import supervisor
from core.runs import RunState, RunStore
from core.settings import APP_ROOT
from tests.patience import wait_until

# The real worker, which trains nothing: it stays until a file says that it may end, and tells which
# GPU it may use.
TRAINS = """
import os, sys, time
from core.training import worker

def work(reporter):
    run = reporter.folder
    run.joinpath("gpu").write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "none"))
    while not run.parent.joinpath("end").exists():
        time.sleep(0.02)
    return {}

worker.work = work
worker.leave(worker.main(sys.argv[-1:]))
"""
HOLDS = """
import pathlib, sys, time
from core.jobs import process
from core.jobs.gpus import taken
with taken(pathlib.Path(sys.argv[1]), every=True, wanted=lambda: False) as is_taken:
    print(is_taken, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,GPU-7")
    monkeypatch.setattr("core.jobs.gpus.POLL_SECONDS", 0.02)


@pytest.mark.parametrize(
    ("value", "names"),
    [("0,1", ["0", "1"]), ("", []), ("-1", []), ("GPU-3a", ["GPU-3a"])],
)
def test_the_environment_says_which_gpus_count(
    monkeypatch: pytest.MonkeyPatch, value: str, names: list[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert gpu_names() == names


def test_the_driver_is_asked_where_the_environment_says_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr("core.jobs.gpus._DRIVER", tmp_path)
    assert gpu_names() == []
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    assert gpu_names() == ["0", "1"]


def test_each_run_has_a_gpu_and_one_that_asks_for_all_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(process, "_PYTHON", (sys.executable, "-c", TRAINS))
    monkeypatch.setattr(supervisor, "POLL_SECONDS", 0.02)
    store = RunStore(tmp_path / "runs")
    everything = HeadConfig("d", "v", training=TrainingConfig(all_gpus=True))
    runs = [store.create(config) for config in (HeadConfig("d", "v"),) * 2 + (everything,)]
    threads = [
        threading.Thread(target=supervisor.work_off, args=(str(tmp_path), SLOT), daemon=True)
        for _ in range(3)
    ]
    for thread in threads[:2]:
        thread.start()
    files = [run.path / "gpu" for run in runs]
    assert wait_until(lambda: all(file.exists() and file.read_text() for file in files[:2]))

    threads[2].start()
    assert sorted(file.read_text() for file in files[:2]) == ["0", "GPU-7"]
    assert not files[2].exists()
    assert store.get(runs[2].id).status.state is RunState.QUEUED
    (store.runs_dir / "end").touch()
    assert wait_until(lambda: store.get(runs[2].id).status.state is RunState.COMPLETED)
    assert files[2].read_text() == "0,GPU-7"


def test_a_run_that_waits_for_a_gpu_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(tmp_path))
    store = RunStore(tmp_path / "runs")
    run = store.create(HeadConfig("d", "v"))
    with taken(tmp_path / "queue", every=True, wanted=lambda: False) as is_taken:
        assert is_taken
        run.stop_path.touch()
        assert supervisor.supervise(run.job) is RunState.STOPPED


def test_a_gpu_stays_taken_while_its_process_lives(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, cwd=APP_ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"True\n"
        with taken(tmp_path, every=False, wanted=lambda: False) as is_taken:
            assert not is_taken
        child.kill()
    with taken(tmp_path, every=False, wanted=lambda: False) as is_taken:
        assert is_taken
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"


def test_a_machine_without_gpus_takes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with taken(tmp_path, every=True, wanted=lambda: False) as is_taken:
        assert is_taken
        assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
