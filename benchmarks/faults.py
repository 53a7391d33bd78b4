"""Does a run survive what kills its processes? Real processes, killed at random moments.

Run `python -m benchmarks.faults --rounds 20`. Each round starts a head run or a fine-tuning run and
kills, by SIGKILL and at a random moment, the training process, the Dask worker, the scheduler, the
web server, the process that waits for the next run, several of them or all at once. Then it does
what an operator would (starts the server again, opens the page, presses "Resume" where the page
says "failed"), waits for the end and compares the final weights with those of a run that nothing
disturbed. Every second run finds a process that waits for it. The last line is JSON:
    rounds: how many.
    lost: runs that did not complete.
    wrong: runs whose weights differ in any bit.
    notice_s: the longest time from the death of a training process to the run showing as failed.
    noticed: how many deaths of a training process there were.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks.server import Server
from core.config import FineTuneConfig, HeadConfig, RunConfig, TrainingConfig
from core.datasets import Dataset
from core.jobs.process import end_process
from core.queue.warm import is_ready, warm_records
from core.runs import Run, RunState, RunStore
from core.settings import APP_ROOT, Settings
from tests.squares import squares

PROCESSES = ("trainer", "worker", "scheduler", "server", "warm worker")
VICTIMS = (
    ("trainer",),
    ("worker",),
    ("scheduler",),
    ("server",),
    ("trainer", "worker"),
    ("worker", "scheduler"),
    ("warm worker",),
    PROCESSES,
)
ROUND_SECONDS = 240.0
SPARE_SECONDS = 30.0
# How long a warm worker lives on after a run was asked for, about.
SPARE_LIFE = 1.5
POLL_SECONDS = 0.1
HEAD = TrainingConfig(learning_rate=1e-2, epochs=60, batch_size=8)
FINE_TUNING = TrainingConfig(learning_rate=1e-3, epochs=10, batch_size=8)


@dataclass
class Outcome:
    """What one round came to: whether the run completed, whether its weights are right, and
    seconds until its death showed, or None where its process was not killed."""

    completed: bool
    right: bool
    notice: float | None


class Site:
    """A workspace with its server, queue and undisturbed runs.

    Args:
        workspace: Its folder.
        *options: As of `benchmarks.server.Server`, and all that follows.
    """

    def __init__(self, workspace: Path, *options: str, email: str = "", **environment: str) -> None:
        self.settings = Settings(workspace=workspace)
        self.store = RunStore(self.settings.runs_dir)
        dataset = squares(self.settings)
        self.server = Server(workspace, *options, email=email, **environment)
        try:
            self._make_ready(dataset)
        except BaseException:  # also an interrupt: nobody else has the server's number yet
            self.close()
            raise

    def _make_ready(self, dataset: Dataset) -> None:
        self.server.open()
        head = HeadConfig(dataset.id, dataset.version, image_size=32, training=HEAD)
        self.whole = [self.train(head)]
        tuned = FineTuneConfig(self.whole[0].id, head, "block7", training=FINE_TUNING)
        self.whole.append(self.train(tuned))

    def train(self, config: RunConfig) -> Run:
        """Trains a run that nothing disturbs."""
        run = self.store.create(config, "Squares")
        while self.store.get(run.id).status.state.active:
            time.sleep(POLL_SECONDS)
        run = self.store.get(run.id)
        if run.status.state is not RunState.COMPLETED:
            raise RuntimeError(f"an undisturbed run is {run.status}")
        return run

    def kill(self, name: str, run: Run) -> bool:
        """Kills one of `PROCESSES`; tells whether it was there."""
        if name == "server":
            self.server.kill()
            return True
        if name == "warm worker":
            return any(end_process(p) for p in warm_records(self.settings.queue_dir))
        path = self.settings.queue_dir / f"{name}.process.json"
        return end_process(run.process_path if name == "trainer" else path)

    def wait_for_warm(self) -> None:
        """Waits until a process is ready for the next run, or for as long as that may take."""
        deadline = time.monotonic() + SPARE_SECONDS
        while time.monotonic() < deadline:
            if any(map(is_ready, warm_records(self.settings.queue_dir))):
                return
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Ends everything that was started."""
        self.server.kill()
        for run in self.store.list():
            end_process(run.process_path)
        environment = {**os.environ, "UNFREEZE_WORKSPACE": str(self.settings.workspace)}
        stop = [sys.executable, "-m", "core.queue", "stop"]
        subprocess.run(stop, cwd=APP_ROOT, env=environment, check=True)


def play_round(
    site: Site, victims: Sequence[str], whole: Run, delay: float, running: bool
) -> Outcome:
    """Starts a run like `whole`, kills `victims`, and sees the run to its end.

    Args:
        site: Where.
        victims: Some of `PROCESSES`.
        whole: A run that nothing disturbed.
        delay: Seconds until the victims are killed.
        running: Whether they count from the moment at which the run leaves the queue.
    """
    run = site.store.create(whole.config, "Squares")
    while running and site.store.get(run.id).status.state is RunState.QUEUED:
        time.sleep(POLL_SECONDS)
    time.sleep(delay)
    began = time.monotonic()
    killed = [name for name in victims if site.kill(name, run)]
    if "server" in killed:
        site.server.start_again()
    died = "trainer" in killed and site.store.get(run.id).status.state is not RunState.COMPLETED
    notice: float | None = None
    while time.monotonic() - began < ROUND_SECONDS:
        now = site.store.get(run.id)
        if now.status.state is RunState.FAILED:
            if died and notice is None:
                notice = time.monotonic() - began
            site.store.request_resume(run.id)
        if now.status.state is RunState.COMPLETED:
            return Outcome(True, same_weights(now, whole), notice)
        time.sleep(POLL_SECONDS)
    print("lost:", site.store.get(run.id).status)
    return Outcome(False, True, notice)


def same_weights(run: Run, other: Run) -> bool:
    """Whether the two saved models hold the same bits."""
    ours, theirs = saved_weights(run), saved_weights(other)
    return list(ours) == list(theirs) and all(
        ours[name].tobytes() == theirs[name].tobytes() for name in ours
    )


def saved_weights(run: Run) -> dict[str, np.ndarray[Any, Any]]:
    """All arrays of a run's `model.keras`, without keras."""
    found: dict[str, np.ndarray[Any, Any]] = {}

    def take(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with (
        zipfile.ZipFile(run.model_path) as archive,
        archive.open("model.weights.h5") as handle,
        h5py.File(handle) as file,
    ):
        file.visititems(take)
    return found


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311 - no secret
    outcomes = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder))
        try:
            for number in range(arguments.rounds):
                victims = VICTIMS[number % len(VICTIMS)]
                whole = site.whole[chance.randrange(2)]
                running = number % 3 > 0  # else it may still be queued
                delay = chance.uniform(0, whole.seconds or 0)
                if victims == ("warm worker",):
                    running, delay = False, chance.uniform(0, SPARE_LIFE)
                if number % 2 or victims == ("warm worker",):
                    site.wait_for_warm()
                outcome = play_round(site, victims, whole, delay, running)
                outcomes.append(outcome)
                kind = "head" if whole.is_head else "fine-tuning"
                print(f"{number + 1}: {kind}, {'+'.join(victims)} at {delay:.1f} s: {outcome}")
        finally:
            site.close()
    notices = [outcome.notice for outcome in outcomes if outcome.notice is not None]
    result = {
        "rounds": len(outcomes),
        "lost": sum(not outcome.completed for outcome in outcomes),
        "wrong": sum(not outcome.right for outcome in outcomes),
        "notice_s": round(max(notices, default=0.0), 2),
        "noticed": len(notices),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
