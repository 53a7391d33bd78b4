"""What Evaluate said last, in two words for the sidebar."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.config import FineTuneConfig
from core.datasets import Dataset
from core.errors import UnfreezeError
from core.runs import Run


def last_verdict(dataset: Dataset | None, tuned: Sequence[Run], runs: Sequence[Run]) -> str:
    """The verdict on the newest fine-tuning run, once Evaluate has shown it.

    Before that nothing is told: the test images are for the last word, and each look at them
    counts.

    Args:
        dataset: The current data set.
        tuned: Its fine-tuning runs, the newest first.
        runs: All runs, the head runs among them.

    Returns:
        "helped", "hurt" or "cannot tell"; "" where nothing was shown yet.
    """
    run = next((run for run in tuned if run.has_model), None)
    if dataset is None or run is None or not isinstance(run.config, FineTuneConfig):
        return ""
    head = next((head for head in runs if head.id == run.config.head_run_id), None)
    if head is None:
        return ""
    # Imported late: statistics take a second, and most pages have no verdict to show.
    from core.evaluation.openings import read_openings

    if run.id not in read_openings(dataset.path, run.base.dataset_version):
        return ""
    return _outcome(run.id, run.status.finished, head, run)


@st.cache_data(max_entries=200, show_spinner=False)
def _outcome(run_id: str, finished: float | None, _head: Run, _run: Run) -> str:
    del run_id, finished  # the key: what a run predicted changes only when it is trained on
    from core.evaluation.predictions import join_runs
    from core.evaluation.verdict import judge_pairs

    try:
        return str(judge_pairs(join_runs(_head, _run)).outcome)
    except UnfreezeError:
        return ""
