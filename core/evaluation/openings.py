"""How often a test set was opened: each look that leads to a choice makes its figures kinder.

The record is `test-opened.jsonl` in the data set's folder: one JSON object a line with `version`,
`run` and `time`. The Evaluate page alone writes it. A run stays counted after it is deleted.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.stats import norm

from core.files import parse_json
from core.language import number, tr, trn
from core.runs import Run

FILE_NAME = "test-opened.jsonl"


def measured_on_test(runs: Iterable[Run], dataset_id: str, version: str) -> list[str]:
    """Ids of the runs whose accuracy on this data set's test images is known.

    A sweep's is never shown: it ranks on validation.
    """
    return [
        run.id
        for run in runs
        if run.base.dataset_id == dataset_id
        and run.base.dataset_version == version
        and "test_accuracy" in run.status.results
        and (run.group is None or run.group.kind != "sweep")
    ]


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
    try:
        text = (dataset_dir / FILE_NAME).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    runs: dict[str, None] = {}
    for line in text.splitlines():
        try:
            row = parse_json(line)
        except ValueError:
            continue  # a line cut off by a full disk must not hide the others
        if isinstance(row, dict) and row.get("version") == version and "run" in row:
            runs[str(row["run"])] = None
    return list(runs)


def flattery(runs: int, accuracy: float, images: int) -> float:
    """How much the best of several test accuracies exceeds the truth, at most, on average.

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
    """What the number of openings means for the figures, in one or two sentences."""
    if runs <= 1:
        return tr("This test set has been opened by 1 run: its figures are fresh.")
    return trn(
        "This test set has been opened by {count} run. Whoever picks the best of them by its test "
        "accuracy gets a figure that is up to about {points} points too kind. Choose by "
        "validation, and keep the test images for the last word.",
        "This test set has been opened by {count} runs. Whoever picks the best of them by its test "
        "accuracy gets a figure that is up to about {points} points too kind. Choose by "
        "validation, and keep the test images for the last word.",
        runs,
        points=number(100 * flattery(runs, accuracy, images), 1),
    )
