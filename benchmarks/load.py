"""What do many open browsers on one run cost it? A real server and real websocket clients.

Run `python -m benchmarks.load --viewers 30`. It trains a run, and thirty viewers open the run's
page. Then windows of time take turns in which they look and do not look, all in one run, so that
both meet the same machine. Looking means what a browser does: each part of the page that draws
itself anew is asked for as often as the page says, which is the live view, the tab's title and
who is there. Opening the page is counted apart. The last line is JSON:
    viewers: how many.
    p95_rerun_ms: 95th percentile of the time from asking for the live view to its end.
    p50_rerun_ms: its median.
    slowdown: seconds an epoch with viewers over seconds without, medians over the epochs.
    reruns: how many reruns of the live view that is.
    looks: reruns of all parts of the page.
    server_cpu_ms: processor time of the server for each viewer and minute, without what it takes
        when nobody looks.
    client_cpu_ms: the same of the viewers, who in life have machines of their own. They take no
        message apart that they need not, but a slowdown holds what they cost all the same.
    opening_cpu_ms: processor time of the server for each opening of the page.
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
from benchmarks.processor_time import ProcessorTime
from benchmarks.viewer import Viewer, Watched
from core.config import FineTuneConfig, TrainingConfig
from core.runs import Run
from core.runs.metrics_log import read_metrics

WINDOW_SECONDS = 20.0
# Whoever came first was told another pace than the crowd has, and is told anew at the next look.
SETTLE_SECONDS = 8.0
WINDOWS = 3


@dataclass
class Windows:
    """All windows of one kind.

    Attributes:
        epochs: Seconds of the epochs within them.
        cpu: Seconds of processor time, by kind of process.
        seconds: How long they were in all.
    """

    epochs: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def share(self, kind: str) -> float:
        """Seconds of processor time in a second."""
        return self.cpu.get(kind, 0.0) / self.seconds


def timer_of(messages: Sequence[ForwardMsg]) -> AutoRerun | None:
    """The last timer that the server asked the browser for."""
    timers = [m.auto_rerun for m in messages if m.WhichOneof("type") == "auto_rerun"]
    return timers[-1] if timers else None


def epoch_seconds(run: Run, first: float, last: float) -> list[float]:
    """Seconds of the epochs that ended between two lengths of the metrics file."""
    rows = pd.DataFrame(read_metrics(run.metrics_path))
    rows = rows[rows["event"] == "epoch"]
    return rows["seconds"].iloc[int(first) + 1 : int(last)].tolist()


def epochs_done(run: Run) -> int:
    """Epochs that ended so far."""
    return sum(row["event"] == "epoch" for row in read_metrics(run.metrics_path))


async def watch(viewers: Sequence[Viewer], seconds: float, seen: Watched) -> None:
    """Lets them look for that long; nobody looks where there is nobody."""
    ends = time.monotonic() + seconds
    await asyncio.gather(*(viewer.watch(ends, seen) for viewer in viewers))
    await asyncio.sleep(max(0.0, ends - time.monotonic()))


async def window(
    site: Site, run: Run, viewers: Sequence[Viewer], into: Windows, seen: Watched
) -> None:
    """One window of time in which these look."""
    cpu, first, began = ProcessorTime(site.settings.queue_dir), epochs_done(run), time.monotonic()
    cpu.look()
    await watch(viewers, WINDOW_SECONDS, seen)
    cpu.look()
    into.seconds += time.monotonic() - began
    into.epochs += epoch_seconds(run, first, epochs_done(run))
    for kind, seconds in cpu.seconds().items():
        into.cpu[kind] = into.cpu.get(kind, 0.0) + seconds


async def measure(site: Site, run: Run, count: int) -> dict[str, float]:
    """Watches a run in turns."""
    query = f"dataset={run.base.dataset_id}&run={run.id}"
    viewers = [Viewer(site.server.port, query) for _ in range(count)]
    cpu = ProcessorTime(site.settings.queue_dir)
    cpu.look()
    for viewer in viewers:
        await viewer.open()
    cpu.look()
    opening = cpu.seconds()["server"]
    await watch(viewers, SETTLE_SECONDS, Watched())
    alone, watched, seen = Windows(), Windows(), Watched()
    for _ in range(WINDOWS):
        await window(site, run, [], alone, Watched())
        await window(site, run, viewers, watched, seen)
    for viewer in viewers:
        viewer.close()
    milliseconds = np.array(seen.reruns) * 1000
    each = 60_000 / count
    return {
        "viewers": count,
        "p95_rerun_ms": round(float(np.percentile(milliseconds, 95)), 1),
        "p50_rerun_ms": round(float(np.median(milliseconds)), 1),
        "slowdown": round(float(np.median(watched.epochs) / np.median(alone.epochs)), 3),
        "reruns": len(milliseconds),
        "looks": seen.looks,
        "server_cpu_ms": round(each * (watched.share("server") - alone.share("server")), 1),
        "client_cpu_ms": round(each * (watched.share("clients") - alone.share("clients")), 1),
        "opening_cpu_ms": round(1000 * opening / count, 1),
        "cores": os.cpu_count() or 1,
    }


def begin(site: Site) -> Run:
    """Starts a run that trains for as long as it is measured."""
    training = TrainingConfig(learning_rate=1e-4, epochs=100_000, batch_size=8)
    head = site.whole[0]
    run = site.store.create(FineTuneConfig(head.id, head.base, "block5", training=training))
    while epochs_done(run) < 5:
        time.sleep(0.2)
    return run


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--viewers", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder))
        try:
            run = begin(site)
            result = asyncio.run(measure(site, run, arguments.viewers))
            site.store.request_stop(run.id)
        finally:
            site.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
