"""Openings of the test set: each look that leads to a choice makes its results too optimistic.

The policy: a run's test results are opened when Evaluate or the command line has shown them, and
from then on they are shown everywhere; before that they are shown nowhere. `is_opened` is asked by
Home, the sidebar, Predict, Runs and the report.

The record is `test-opened.jsonl` in the data set's folder: one JSON object a line with `version`,
`run` and `time`. A run stays counted after it is deleted.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.stats import norm

from core.files import FileVersion, file_version, parse_json, read_kept
from core.language import number, tr, trn
from core.runs import Run

FILE_NAME = "test-opened.jsonl"


def is_opened(dataset_dir: Path, *runs: Run) -> bool:
    """Return True if the test results of all these runs were opened.

    Args:
        dataset_dir: The data set's own folder.
        *runs: Runs on that data set.
    """
    return all(run.id in read_openings(dataset_dir, run.base.dataset_version) for run in runs)


def record_openings(dataset_dir: Path, version: str, run_ids: Iterable[str]) -> list[str]:
    """Adds the runs that are not in the record yet.

    Args:
        dataset_dir: The data set's own folder.
        version: The version of its manifest.
        run_ids: Runs that were measured on its test images.

    Returns:
        Ids of all runs in the record for this version, in the order of their first opening.
    """
    known = read_openings(dataset_dir, version)
    fresh = sorted(set(run_ids) - set(known))
    if not fresh or not dataset_dir.is_dir():
        return known
    now = time.time()
    lines = [json.dumps({"version": version, "run": run_id, "time": now}) for run_id in fresh]
    # One write in append mode, so that two sessions cannot mix theirs, and on a line of its own,
    # whatever a full disk may have left at the end.
    with (dataset_dir / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(lines) + "\n")
    return read_openings(dataset_dir, version)


def read_openings(dataset_dir: Path, version: str) -> list[str]:
    """Ids of the runs in the record for this version, each once."""
    path = dataset_dir / FILE_NAME
    try:
        rows = read_kept(_rows, path, file_version(path))
    except OSError:
        return []
    return list(rows.get(version, ()))


@lru_cache(maxsize=256)
def _rows(path: Path, file: FileVersion) -> dict[str, dict[str, None]]:
    """Runs by version, read once: pages ask for hundreds of runs again and again."""
    found: dict[str, dict[str, None]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = parse_json(line)
        except ValueError:
            continue  # a line cut off by a full disk must not hide the others
        if isinstance(row, dict) and "run" in row:
            found.setdefault(str(row.get("version")), {})[str(row["run"])] = None
    return found


def optimism(runs: int, accuracy: float, images: int) -> float:
    """Expected optimism of the best of several test accuracies, at most.

    The expected largest of `runs` independent normal errors with the standard error of one
    accuracy. Runs on the same images err together, so the true excess is smaller.

    Source: the expected maximum of a normal sample, L. H. C. Tippett (1925), Biometrika 17,
    364-387.

    Args:
        runs: Runs among which one chooses by test accuracy.
        accuracy: About how accurate they are, between 0 and 1.
        images: Test images.

    Returns:
        The excess as a share, at least 0.
    """
    if runs < 2 or images == 0:
        return 0.0
    grid = np.linspace(-8, 8, 4001)
    density = runs * norm.pdf(grid) * norm.cdf(grid) ** (runs - 1)
    largest = float(np.trapezoid(grid * density, grid))
    return largest * math.sqrt(accuracy * (1 - accuracy) / images)


def openings_in_words(runs: int, accuracy: float, images: int) -> str:
    """Explain the number of openings in one or two sentences."""
    if runs <= 1:
        return tr("One run opened this test set by showing its test results: they are unbiased.")
    return trn(
        "{count} run opened this test set by showing its test results. Choosing the best of them "
        "by test accuracy overestimates it by up to about {points} points. Choose by validation "
        "accuracy, and use the test set only at the end.",
        "{count} runs opened this test set by showing their test results. Choosing the best of "
        "them by test accuracy overestimates it by up to about {points} points. Choose by "
        "validation accuracy, and use the test set only at the end.",
        runs,
        points=number(100 * optimism(runs, accuracy, images), 1),
    )
