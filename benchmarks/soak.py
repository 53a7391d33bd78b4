"""Does memory grow from run to run? Small runs in a row through the real server and queue.

Run `python -m benchmarks.soak --runs 100`. The last line is JSON:
    runs: how many completed.
    server_growth, worker_growth: resident memory of the web server and of the Dask worker after the
        last run over that after the tenth.
    server_mb, worker_mb: after the last run.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import psutil

from benchmarks.faults import Site
from core.config import HeadConfig, TrainingConfig
from core.jobs.process import recorded_process

WARM = 10


def memory(process: psutil.Process | None) -> float:
    """Resident memory in MB; 0 for a process that is gone."""
    return process.memory_info().rss / 1e6 if process is not None else 0.0


def measure(site: Site, runs: int) -> dict[str, float]:
    """Trains the runs one after the other, with somebody opening the page after each."""
    training = TrainingConfig(epochs=1, batch_size=8)
    base = site.whole[0].base
    config = HeadConfig(base.dataset_id, base.dataset_version, image_size=32, training=training)
    sizes = []
    for number in range(runs):
        site.train(config)
        site.server.open()
        server = psutil.Process(site.server.process.pid)
        worker = recorded_process(site.settings.queue_dir / "worker.process.json")
        sizes.append((memory(server), memory(worker)))
        print(f"{number + 1}: server {sizes[-1][0]:.1f} MB, worker {sizes[-1][1]:.1f} MB")
    warm, last = sizes[min(WARM, runs) - 1], sizes[-1]
    return {
        "runs": runs,
        "server_growth": round(last[0] / warm[0] - 1, 3),
        "worker_growth": round(last[1] / warm[1] - 1, 3),
        "server_mb": round(last[0], 1),
        "worker_mb": round(last[1], 1),
    }


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder))
        try:
            result = measure(site, arguments.runs)
        finally:
            site.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
