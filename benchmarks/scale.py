"""Do two workers halve a pass over the images? Real Dask workers, each held to one core.

Run `python -m benchmarks.scale --workers 1,2`. For each number it starts a scheduler and that many
workers, each with a working directory and a core of its own, and trains a head run whose features
nobody has computed yet: the run's own process leads the pass, and the other workers help. What
a helper needs until it begins counts; with `UNFREEZE_WARM=off` it is a new process, else the
process that its worker keeps ready. The numbers take turns, `--rounds` times, and each counts
with its shortest time: on a machine that is shared, what others do only adds to it. The last line
is JSON:
    images: how many.
    seconds: of the pass, by the number of workers.
    busiest: processor seconds, within the pass, of the process that needed most of them: what the
        pass would take with the cores to itself.
    shards: computed by helpers, by the number of workers.
    efficiency: seconds of one worker over those of the most, divided by their number.
    busiest_efficiency: the same of `busiest`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from PIL import Image

from benchmarks.server import free_port
from core.config import HeadConfig, TrainingConfig
from core.datasets import Dataset, DatasetStore
from core.datasets.manifest import COLUMNS
from core.errors import QueueError
from core.files import read_json
from core.jobs.process import recorded_process
from core.queue import scheduler
from core.queue.dispatcher import Dispatcher
from core.queue.warm import is_ready, warm_records
from core.runs import Run, RunState, RunStore
from core.settings import APP_ROOT, Settings

SIDE = 96
IMAGE_SIZE = 160
POLL_SECONDS = 0.2
SPARE_SECONDS = 60.0
_SPLITS = ("train", "train", "train", "val", "test")


@dataclass(frozen=True)
class Timed:
    """A pass: its seconds, those of its busiest process, and the shards that helpers computed."""

    seconds: float
    busiest: float
    shards: int


def pictures(settings: Settings, count: int) -> Dataset:
    """Writes JPEG files of noise in two classes, and their manifest."""
    root = settings.datasets_dir / "noise" / "images"
    root.mkdir(parents=True)
    random = np.random.default_rng(0)
    rows = []
    for i in range(count):
        small = random.integers(0, 255, (12, 12, 3)).astype("uint8")
        path = root / f"{i:06d}.jpg"
        Image.fromarray(small).resize((SIDE, SIDE)).save(path, quality=90)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        facts = (SIDE, SIDE, path.stat().st_size, "RGB", "JPEG", digest, "", True)
        rows.append((path.name, f"class {i % 2}", i % 2, _SPLITS[i // 2 % 5], *facts))
    manifest = pd.DataFrame(rows, columns=list(COLUMNS))
    names = ("class 0", "class 1")
    return DatasetStore(settings.datasets_dir).save("noise", "Noise", manifest, names, root)


@contextmanager
def cluster(settings: Settings, workers: int, cores: Sequence[int]) -> Iterator[None]:
    """A scheduler and workers that are held to one core each, training processes included."""
    started = []
    try:
        address = settings.scheduler.removeprefix("tcp://127.0.0.1:")
        place = ["--host", "127.0.0.1", "--port", address, "--no-dashboard"]
        started.append(_start("scheduler", place, settings, settings.workspace, set(cores)))
        options = ["--no-nanny", "--nthreads", "1", "--resources", f"{scheduler.SLOT}=1"]
        options += ["--memory-limit", "0", "--no-dashboard", settings.scheduler]
        options += ["--preload", "core.queue.dask_worker"]
        for number in range(workers):
            folder = settings.workspace / f"worker-{number}"
            folder.mkdir(exist_ok=True)
            started.append(_start("worker", options, settings, folder, {cores[number]}))
        _wait_for(settings, workers)
        _wait_for_warm(settings, workers)
        yield
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()


def _start(
    kind: str, options: Sequence[str], settings: Settings, folder: Path, cores: set[int]
) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(APP_ROOT),
        "UNFREEZE_WORKSPACE": str(settings.workspace),
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with (folder / f"{kind}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    os.sched_setaffinity(process.pid, cores)
    return process


def _wait_for(settings: Settings, workers: int) -> None:
    """Returns once all workers have registered."""
    registered = 0
    while registered < workers:
        time.sleep(POLL_SECONDS)
        with suppress(QueueError):  # the scheduler has not started yet
            client = scheduler.connect(settings)
            registered = scheduler.places(client, "slot")
            client.close()


def _wait_for_warm(settings: Settings, workers: int) -> None:
    """Returns once each worker has its warm worker, as one that had nothing to do; or in time."""
    deadline = time.monotonic() + SPARE_SECONDS * settings.warm
    while time.monotonic() < deadline:
        if sum(map(is_ready, warm_records(settings.queue_dir))) == workers:
            return
        time.sleep(POLL_SECONDS)


def timed_pass(settings: Settings, dataset: Dataset) -> Timed:
    """Trains a head run whose features are not there."""
    for entry in sorted(settings.features_dir.glob("*/*")):
        entry.unlink()
    store = RunStore(settings.runs_dir)
    training = TrainingConfig(epochs=1, batch_size=256)
    config = HeadConfig(dataset.id, dataset.version, image_size=IMAGE_SIZE, training=training)
    run = store.create(config, dataset.name)
    used: dict[int, list[float]] = {}
    while (status := store.get(run.id).status).state.active:
        if status.phase == "features":
            for pid, seconds in _processor_seconds(run).items():
                used.setdefault(pid, []).append(seconds)
        time.sleep(POLL_SECONDS)
    run = store.get(run.id)
    if run.status.state is not RunState.COMPLETED:
        raise RuntimeError(f"the run is {run.status}")
    busiest = max(times[-1] - times[0] for times in used.values())
    return Timed(float(read_json(run.account_path)["features"]["seconds"]), busiest, helped(run))


def _processor_seconds(run: Run) -> dict[int, float]:
    """What each process that works for the run has used, by its number."""
    found = {}
    for record in (run.process_path, *run.path.glob("helper-*.json")):
        process = recorded_process(record)
        with suppress(psutil.NoSuchProcess):  # it ended in between
            if process is not None:
                times = process.cpu_times()
                found[process.pid] = times.user + times.system
    return found


def helped(run: Run) -> int:
    """Shards that helpers say they computed."""
    try:
        log = (run.path / "helpers.log").read_text()
    except FileNotFoundError:
        return 0
    return sum(int(count) for count in re.findall(r" (\d+) shards$", log, re.MULTILINE))


def measure(
    settings: Settings, images: int, numbers: Sequence[int], rounds: int
) -> dict[str, object]:
    """Times the pass with each number of workers."""
    cores = sorted(os.sched_getaffinity(0))
    if max(numbers) > len(cores):
        raise SystemExit(f"{max(numbers)} workers need as many cores; {len(cores)} are here.")
    dataset = pictures(settings, images)
    passes: dict[int, list[Timed]] = {number: [] for number in numbers}
    for _ in range(rounds):
        for number in numbers:
            with cluster(settings, number, cores):
                dispatcher = Dispatcher(settings)
                dispatcher.start()
                passes[number].append(timed_pass(settings, dataset))
                dispatcher.close()
            print(f"{number} workers: {passes[number][-1]}", flush=True)
    seconds = {number: min(t.seconds for t in timed) for number, timed in passes.items()}
    busiest = {number: min(t.busiest for t in timed) for number, timed in passes.items()}
    return {
        "images": images,
        "seconds": {number: round(value, 1) for number, value in seconds.items()},
        "busiest": {number: round(value, 1) for number, value in busiest.items()},
        "shards": {number: timed[-1].shards for number, timed in passes.items()},
        "efficiency": efficiency(seconds),
        "busiest_efficiency": efficiency(busiest),
    }


def efficiency(seconds: Mapping[int, float]) -> float:
    """How near the most workers come to a share each of what the fewest need."""
    one, most = min(seconds), max(seconds)
    return round(seconds[one] * one / (seconds[most] * most), 3)


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--images", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    numbers = [int(number) for number in arguments.workers.split(",")]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        address = f"tcp://127.0.0.1:{free_port()}"
        warm = Settings.from_environment().warm
        settings = Settings(workspace=Path(folder), scheduler=address, warm=warm)
        result = measure(settings, arguments.images, numbers, arguments.rounds)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
