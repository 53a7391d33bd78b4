"""A team at work on one server: people who upload, watch and predict while a run is trained.

Run `python -m benchmarks.team --minutes 10`. It starts the server with a queue, trains a small
model, starts a long run and lets guests in, each with a websocket as a browser has it: some watch
the run, some upload an image to Predict every few seconds, some upload a zip to Data, look at what
was recognised, and bring it in. The last line is JSON:
    watching, predicting, uploading: guests of each kind.
    minutes: for how long.
    reruns: of all guests; an import is none, it works for as long as its images take.
    p50_rerun_ms, p95_rerun_ms: of those.
    errors: pages that ended with an exception or told of an error.
    imports, import_p50_s: data sets brought in, and how long that took.
    predictions: images that were classified.
    growth: the server's memory at the end over that after a third of the time.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from benchmarks.faults import Site
from benchmarks.guest import Guest, Seen
from benchmarks.load import timer_of
from core.config import FineTuneConfig, TrainingConfig

PREDICT_EVERY_S = 4.0
UPLOAD_EVERY_S = 20.0
IN_ZIP = 40


async def watch(port: int, query: str, ends: float, seen: Seen) -> None:
    """Looks at the live view, at the page's own pace."""
    guest = Guest(port, "Fine_tune", query, seen)
    await guest.open()
    timer = timer_of(guest.messages)
    if timer is None:
        raise RuntimeError("the page has no live view")
    while time.monotonic() < ends:
        await asyncio.sleep(timer.interval)
        await guest.rerun(timer.fragment_id)
        timer = timer_of(guest.messages) or timer
    guest.close()


async def predict(port: int, query: str, ends: float, seen: Seen, number: int) -> None:
    """Asks what an image shows, again and again."""
    guest = Guest(port, "Predict", query, seen)
    await guest.open()
    await guest.wait_for("file_uploader", "predict_files")
    random = np.random.default_rng(number)
    while time.monotonic() < ends:
        await asyncio.sleep(PREDICT_EVERY_S * random.uniform(0.5, 1.5))
        await guest.upload("predict_files", "image.jpg", photograph(random))
        await guest.rerun()
        seen.predictions += 1
    guest.close()


async def bring_in(port: int, ends: float, seen: Seen, number: int) -> None:
    """Uploads a zip, looks at what was recognised, brings it in."""
    random = np.random.default_rng(100 + number)
    for turn in range(10_000):
        await asyncio.sleep(UPLOAD_EVERY_S * random.uniform(0.5, 1.5))
        if time.monotonic() > ends:
            return
        guest = Guest(port, "Data", "", seen)
        await guest.open()
        await guest.upload("zip", f"photographs_{number}_{turn}.zip", archive(random))
        await guest.rerun()
        guest.press("import_zip")
        seen.imports.append(await guest.rerun(counts=False))
        guest.release()
        await guest.rerun()
        guest.close()


def photograph(random: np.random.Generator) -> bytes:
    """A JPEG of 800 x 600 pixels."""
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((800, 600), Image.Resampling.BICUBIC).save(buffer, "JPEG")
    return buffer.getvalue()


def archive(random: np.random.Generator) -> bytes:
    """A zip of photographs in two classes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for i in range(IN_ZIP):
            opened.writestr(f"class {i % 2}/{i:03d}.jpg", photograph(random))
    return buffer.getvalue()


async def weigh(process: psutil.Process, ends: float, seen: Seen) -> None:
    """Notes the server's memory every few seconds."""
    while time.monotonic() < ends:
        seen.megabytes.append((time.monotonic(), process.memory_info().rss / 1e6))
        await asyncio.sleep(5)


async def work(site: Site, run_query: str, guests: argparse.Namespace) -> Seen:
    """Everybody at once."""
    seen, port = Seen(), site.server.port
    ends = time.monotonic() + 60 * guests.minutes
    model = f"dataset={site.whole[0].base.dataset_id}&model={site.whole[1].id}"
    await asyncio.gather(
        weigh(psutil.Process(site.server.process.pid), ends, seen),
        *(watch(port, run_query, ends, seen) for _ in range(guests.watching)),
        *(predict(port, model, ends, seen, i) for i in range(guests.predicting)),
        *(bring_in(port, ends, seen, i) for i in range(guests.uploading)),
    )
    return seen


def report(seen: Seen, guests: argparse.Namespace) -> dict[str, Any]:
    """What the last line says."""
    milliseconds = 1000 * np.array(seen.reruns)
    sizes = [size for _, size in seen.megabytes]
    return {
        "watching": guests.watching,
        "predicting": guests.predicting,
        "uploading": guests.uploading,
        "minutes": guests.minutes,
        "reruns": len(seen.reruns),
        "p50_rerun_ms": round(float(np.median(milliseconds)), 1),
        "p95_rerun_ms": round(float(np.percentile(milliseconds, 95)), 1),
        "errors": len(seen.errors),
        "imports": len(seen.imports),
        "import_p50_s": round(float(np.median(seen.imports)), 2) if seen.imports else None,
        "predictions": seen.predictions,
        "growth": round(sizes[-1] / sizes[len(sizes) // 3] - 1, 3),
        "server_mb": round(sizes[-1], 1),
    }


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--watching", type=int, default=10)
    parser.add_argument("--predicting", type=int, default=5)
    parser.add_argument("--uploading", type=int, default=5)
    guests = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder))
        try:
            training = TrainingConfig(learning_rate=1e-4, epochs=100_000, batch_size=8)
            head = site.whole[0]
            run = site.store.create(FineTuneConfig(head.id, head.base, "block5", training=training))
            query = f"dataset={run.base.dataset_id}&run={run.id}"
            seen = asyncio.run(work(site, query, guests))
            site.store.request_stop(run.id)
        finally:
            site.close()
    for error in sorted(set(seen.errors)):
        print(f"{seen.errors.count(error)} times: {error}")
    print(json.dumps(report(seen, guests)))


if __name__ == "__main__":
    main()
