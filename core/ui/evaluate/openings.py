"""Openings of the test set: recorded when a page shows test results, and explained."""

from __future__ import annotations

from collections.abc import Iterable

from core.datasets import Dataset
from core.evaluation.comparison import Comparison
from core.evaluation.openings import openings_in_words, record_openings
from core.runs import Run


def opened(dataset: Dataset | None, runs: Iterable[Run]) -> list[str]:
    """Record that the page shows these runs' test results.

    Args:
        dataset: Their data set; nothing is recorded where it was deleted.
        runs: Runs of one version of it.

    Returns:
        Ids of all runs that opened this version's test set.
    """
    shown = [run for run in runs if "test_accuracy" in run.status.results]
    if dataset is None or not shown:
        return []
    return record_openings(dataset.path, shown[0].base.dataset_version, [r.id for r in shown])


def openings(comparison: Comparison) -> str:
    """Record that both runs' test results are shown.

    Returns:
        The meaning of the number of openings, in words; "" where the data set was deleted.
    """
    known = opened(comparison.dataset, (comparison.before, comparison.after))
    verdict = comparison.verdict
    return openings_in_words(len(known), verdict.after.estimate, verdict.images) if known else ""
