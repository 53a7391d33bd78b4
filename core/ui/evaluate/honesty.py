"""How often the test images were looked at, recorded and put into words."""

from __future__ import annotations

from core.evaluation.comparison import Comparison
from core.evaluation.openings import measured_on_test, openings_in_words, record_openings
from core.runs import RunStore


def openings(comparison: Comparison, runs: RunStore) -> str:
    """Records which runs have been measured on these test images.

    Returns:
        What their number means for the figures, in words; "" where the data set was deleted.
    """
    dataset, base = comparison.dataset, comparison.after.base
    if dataset is None:
        return ""
    measured = measured_on_test(runs.list(), base.dataset_id, base.dataset_version)
    known = record_openings(dataset.path, base.dataset_version, measured)
    verdict = comparison.verdict
    return openings_in_words(len(known), verdict.after.estimate, verdict.images)
