"""How long does a page take to answer, cold and warm, with a large data set and many runs?

Run `python -m benchmarks.pages --images 25000 --runs 200`. It makes a data set of that size in a
workspace of its own (its images are a few small files, named often: pages read the manifest and
show a screenful of thumbnails) and as many finished runs, half of them fine-tuned. Then it starts
the server and waits for its first page, as somebody does who has just typed the command; opens each
page and each view of Data in Streamlit's test harness, and measures the runs after the first. The
last line is JSON:
    images: in the data set.
    runs: in the workspace.
    cold_s: from the server's start to its first page, the shortest of three starts.
    warm_median_ms: by page, and by view of Data, the median of the warm runs.
    warm_p95_ms: likewise, what 19 of 20 warm runs stay below.
    slowest_ms: the largest of `warm_p95_ms`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from benchmarks.scan import picture
from benchmarks.server import Server
from core.config import FineTuneConfig, HeadConfig, RunConfig
from core.datasets import Dataset, DatasetStore
from core.datasets.copies import mark_copies
from core.datasets.manifest import COLUMNS, SPLITS
from core.files import write_json
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.metrics_log import MetricsWriter
from core.runs.store import write_status
from core.settings import APP_ROOT, Settings

PAGES = ("1_Data", "2_Head", "3_Fine_tune", "4_Evaluate", "5_Predict", "6_Runs")
VIEWS = ("overview", "images", "issues", "split")
CLASSES = 10
FILES = 200
ROUNDS = 20
STARTS = 3


def make_dataset(settings: Settings, count: int) -> None:
    """Saves a data set with issues of several kinds, a hundred leaks among them."""
    root = settings.datasets_dir / "large" / "images"
    root.mkdir(parents=True)
    written = []
    for i in range(FILES):
        path = root / f"{i:03d}.jpg"
        picture(i).resize((160, 140)).save(path)
        written.append(hashlib.sha256(path.read_bytes()).hexdigest())
    random = np.random.default_rng(0)
    rows = []
    for i in range(count):
        label = i % CLASSES
        split = SPLITS[int(random.choice(3, p=(0.7, 0.15, 0.15)))]
        issues = "transparent" if i % 50 == 0 else ""
        size = (root / f"{i % FILES:03d}.jpg").stat().st_size
        facts = (160, 140 + i % 40, size, "RGB", "JPEG", f"{i:064x}", issues, True)
        # The same few files under many names.
        path = f"{'./' * (i // FILES)}{i % FILES:03d}.jpg"
        rows.append((path, f"class {label}", label, split, *facts))
    manifest = pd.DataFrame(rows, columns=list(COLUMNS))
    group = np.where(np.arange(count) < 200, np.arange(count) // 2 + 1, 0)
    manifest = mark_copies(manifest.assign(phash="", group=group))
    # Only now: to the search for copies, they were to be different files.
    manifest["sha256"] = [written[i % FILES] for i in range(count)]
    names = tuple(f"class {label}" for label in range(CLASSES))
    DatasetStore(settings.datasets_dir).save("large", "Large", manifest, names, root)


def make_runs(settings: Settings, count: int) -> None:
    """Saves finished runs on the data set, each with its epochs and predictions."""
    dataset = DatasetStore(settings.datasets_dir).get("large")
    base = HeadConfig(dataset.id, dataset.version)
    store = RunStore(settings.runs_dir)
    head = _finished(store, base, dataset)
    for i in range(1, count):
        tuned = FineTuneConfig(head.id, base, "block6")
        _finished(store, tuned if i % 2 else base, dataset)


def _finished(store: RunStore, config: RunConfig, dataset: Dataset) -> Run:
    run = store.create(config, dataset.name)
    writer = MetricsWriter(run.metrics_path)
    for epoch in range(1, 11):
        figures = {"loss": 1 / epoch, "accuracy": 0.9, "val_loss": 1 / epoch, "val_accuracy": 0.9}
        writer.write(event="epoch", epoch=epoch, seconds=1.0, learning_rate=1e-3, **figures)
    writer.close()
    images = dataset.images("test")
    random = np.random.default_rng(len(run.id) + run.is_head)
    right = random.random(len(images)) < (0.9 if run.is_head else 0.95)
    answers = np.where(right, images["label"], (images["label"] + 1) % CLASSES)
    shares = np.full((len(images), CLASSES), 0.3 / (CLASSES - 1), np.float32)
    shares[np.arange(len(images)), answers] = 0.7
    table = images[["path", "split", "label"]].assign(predicted=answers, probabilities=list(shares))
    table.to_parquet(run.predictions_path, index=False)
    write_json(run.path / "predict.json", {"class_names": dataset.class_names, "image_size": 224})
    for file in (run.model_path, run.litert_path):  # else pages would begin to make it
        file.touch()
    results = {"val_accuracy": 0.9, "test_accuracy": 0.9, "best_epoch": 10, "epochs_done": 10}
    write_status(
        run.path, RunStatus(RunState.COMPLETED, started=1.0, finished=61.0, results=results)
    )
    return run


def cold_start(settings: Settings) -> float:
    """Seconds from starting the server until its first page has run."""
    began = time.perf_counter()
    server = Server(settings.workspace)
    try:
        server.open()
        return time.perf_counter() - began
    finally:
        server.kill()


def measured(run: Callable[[], AppTest]) -> tuple[float, float]:
    """Milliseconds of a warm run: the median of several, and what 19 of 20 stay below."""
    run()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        page = run()
        times.append((time.perf_counter() - start) * 1000)
        if page.exception:
            raise RuntimeError(str(page.exception[0].value))
    return round(statistics.median(times), 1), round(float(np.percentile(times, 95)), 1)


def open_page(name: str) -> AppTest:
    """A page in the harness, run once."""
    page = AppTest.from_file(APP_ROOT / "streamlit_app.py", default_timeout=60)
    if name != "Home":
        page.switch_page(f"pages/{name}.py")
    return page.run()


def main() -> None:
    """Makes the workspace, measures, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=25_000)
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"UNFREEZE_WORKSPACE": name, "UNFREEZE_QUEUE": "off"}
        settings = Settings(workspace=Path(name))
        make_dataset(settings, options.images)
        make_runs(settings, options.runs)
        cold = min(cold_start(settings) for _ in range(STARTS))
        print(f"cold {cold:.2f} s")
        found = dict(_warm())
    report = {
        "images": options.images,
        "runs": options.runs,
        "cold_s": round(cold, 2),
        "warm_median_ms": {page: median for page, (median, _) in found.items()},
        "warm_p95_ms": {page: high for page, (_, high) in found.items()},
        "slowest_ms": max(high for _, high in found.values()),
    }
    print(json.dumps(report))


def _warm() -> Iterator[tuple[str, tuple[float, float]]]:
    for page in ("Home", *PAGES):
        yield _told(page, measured(open_page(page).run))
    for view in VIEWS:
        page = open_page("1_Data")
        page.segmented_control(key="data_view").set_value(view)
        yield _told(f"1_Data, {view}", measured(page.run))


def _told(page: str, times: tuple[float, float]) -> tuple[str, tuple[float, float]]:
    print(f"{page}: median {times[0]} ms, 95 % below {times[1]} ms")
    return page, times


if __name__ == "__main__":
    main()
