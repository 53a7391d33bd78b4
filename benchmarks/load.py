"""What do many open browsers on one run cost it? A real server and real websocket clients.

Run `python -m benchmarks.load --viewers 30`. It trains a run alone, then with the viewers, each of
which has the run's page open and asks for its live view as often as the page tells its browser to.
Windows with and without viewers take turns, in one run, so that both meet the same machine. The
last line is JSON:
    viewers: how many.
    p95_rerun_ms: 95th percentile of the time from asking for the live view to its end.
    p50_rerun_ms: its median.
    slowdown: seconds an epoch with viewers over seconds without, medians over the epochs.
    reruns: how many reruns that is.
    cores: of this machine, which server, clients and training share.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.faults import Site
from benchmarks.server import connect, run_page
from core.config import FineTuneConfig, TrainingConfig
from core.runs import Run
from core.runs.metrics_log import read_metrics

WINDOW_SECONDS = 20.0
WINDOWS = 3


@dataclass
class Watched:
    """What the viewers measured: seconds of each rerun of the live view."""

    reruns: list[float] = field(default_factory=list)


async def viewer(port: int, query: str, ends: float, seen: Watched) -> None:
    """Opens the run's page and asks for its live view at the page's own pace until `ends`."""
    socket = await connect(port)
    _, messages = await run_page(socket, "Fine_tune", query)
    timer = timer_of(messages)
    if timer is None:
        raise RuntimeError("the page has no live view")
    due = time.monotonic() + np.random.default_rng().uniform(0, timer.interval)
    while due < ends:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        seconds, messages = await run_page(socket, "Fine_tune", query, timer.fragment_id)
        timer = timer_of(messages) or timer  # the page may have changed its pace
        seen.reruns.append(seconds)
        due = max(due + timer.interval, time.monotonic())
    socket.close()


def timer_of(messages: Sequence[ForwardMsg]) -> AutoRerun | None:
    """The last timer that the server asked the browser for."""
    timers = [m.auto_rerun for m in messages if m.WhichOneof("type") == "auto_rerun"]
    return timers[-1] if timers else None


async def window(port: int, query: str, viewers: int, seen: Watched) -> None:
    """One window of time with that many viewers."""
    ends = time.monotonic() + WINDOW_SECONDS
    await asyncio.gather(*(viewer(port, query, ends, seen) for _ in range(viewers)))


def epoch_seconds(run: Run, first: float, last: float) -> list[float]:
    """Seconds of the epochs that ended between two lengths of the metrics file."""
    rows = pd.DataFrame(read_metrics(run.metrics_path))
    rows = rows[rows["event"] == "epoch"]
    return rows["seconds"].iloc[int(first) + 1 : int(last)].tolist()


def epochs_done(run: Run) -> int:
    """Epochs that ended so far."""
    return sum(row["event"] == "epoch" for row in read_metrics(run.metrics_path))


def measure(site: Site, viewers: int) -> dict[str, float]:
    """Trains a run under windows with and without viewers."""
    training = TrainingConfig(learning_rate=1e-4, epochs=100_000, batch_size=8)
    head = site.whole[0]
    run = site.store.create(FineTuneConfig(head.id, head.base, "block5", training=training))
    while epochs_done(run) < 5:
        time.sleep(0.2)
    query = f"dataset={run.base.dataset_id}&run={run.id}"
    seen, alone, watched = Watched(), [], []
    for _ in range(WINDOWS):
        before = epochs_done(run)
        time.sleep(WINDOW_SECONDS)
        between = epochs_done(run)
        asyncio.run(window(site.server.port, query, viewers, seen))
        alone += epoch_seconds(run, before, between)
        watched += epoch_seconds(run, between, epochs_done(run))
    site.store.request_stop(run.id)
    milliseconds = np.array(seen.reruns) * 1000
    return {
        "viewers": viewers,
        "p95_rerun_ms": round(float(np.percentile(milliseconds, 95)), 1),
        "p50_rerun_ms": round(float(np.median(milliseconds)), 1),
        "slowdown": round(float(np.median(watched) / np.median(alone)), 3),
        "reruns": len(milliseconds),
        "cores": os.cpu_count() or 1,
    }


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--viewers", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder))
        try:
            result = measure(site, arguments.viewers)
        finally:
            site.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
