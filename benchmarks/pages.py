"""How long does a page take to answer, warm, with a large data set and many runs?

Run `python -m benchmarks.pages --images 25000`. It makes a data set of that size in a workspace of
its own (its images are a few small files, named often: pages read the manifest and show a screenful
of thumbnails), opens each page and each view of Data in Streamlit's test harness, and measures the
runs after the first. The last line is JSON:
    images: in the data set.
    median_ms: by page, and by view of Data, the median of the warm runs.
    slowest_ms: the largest of those medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from benchmarks.scan import picture
from core.datasets import DatasetStore
from core.datasets.copies import mark_copies
from core.datasets.manifest import COLUMNS, SPLITS
from core.settings import APP_ROOT, Settings

PAGES = ("1_Data", "2_Head", "3_Fine_tune", "4_Evaluate", "5_Predict", "6_Runs")
VIEWS = ("overview", "images", "issues", "split")
CLASSES = 10
FILES = 200
ROUNDS = 7


def make_dataset(settings: Settings, count: int) -> None:
    """Saves a data set with issues of several kinds, a hundred leaks among them."""
    root = settings.datasets_dir / "large" / "images"
    root.mkdir(parents=True)
    for i in range(FILES):
        picture(i).resize((160, 140)).save(root / f"{i:03d}.jpg")
    random = np.random.default_rng(0)
    rows = []
    for i in range(count):
        label = i % CLASSES
        split = SPLITS[int(random.choice(3, p=(0.7, 0.15, 0.15)))]
        issues = "transparent" if i % 50 == 0 else ""
        facts = (160, 140 + i % 40, 9000, "RGB", "JPEG", f"{i:064x}", issues, True)
        # The same few files under many names.
        path = f"{'./' * (i // FILES)}{i % FILES:03d}.jpg"
        rows.append((path, f"class {label}", label, split, *facts))
    manifest = pd.DataFrame(rows, columns=list(COLUMNS))
    group = np.where(np.arange(count) < 200, np.arange(count) // 2 + 1, 0)
    manifest = mark_copies(manifest.assign(phash="", group=group))
    names = tuple(f"class {label}" for label in range(CLASSES))
    DatasetStore(settings.datasets_dir).save("large", "Large", manifest, names, root)


def measured(run: Callable[[], AppTest]) -> float:
    """Milliseconds of a warm run, the median of several."""
    run()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        page = run()
        times.append((time.perf_counter() - start) * 1000)
        if page.exception:
            raise RuntimeError(str(page.exception[0].value))
    return round(statistics.median(times), 1)


def open_page(name: str) -> AppTest:
    """A page in the harness, run once."""
    page = AppTest.from_file(APP_ROOT / "streamlit_app.py", default_timeout=60)
    if name != "Home":
        page.switch_page(f"pages/{name}.py")
    return page.run()


def main() -> None:
    """Makes the data set, measures, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=25_000)
    count = parser.parse_args().images
    found = {}
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"UNFREEZE_WORKSPACE": name, "UNFREEZE_QUEUE": "off"}
        settings = Settings(workspace=Path(name))
        make_dataset(settings, count)
        for page in ("Home", *PAGES):
            found[page] = measured(open_page(page).run)
            print(page, found[page], "ms")
        for view in VIEWS:
            page = open_page("1_Data")
            page.segmented_control(key="data_view").set_value(view)
            found[f"1_Data, {view}"] = measured(page.run)
            print(f"1_Data, {view}", found[f"1_Data, {view}"], "ms")
    report = {"images": count, "median_ms": found, "slowest_ms": max(found.values())}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
