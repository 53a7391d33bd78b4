"""Last verdict of Evaluate in two words, for the sidebar."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.errors import UnfreezeError
from core.language import english, tr
from core.runs import Run


def last_verdict(dataset: Dataset, head: Run, run: Run) -> str:
    """The verdict on a fine-tuning run against its head, once Evaluate has shown it.

    Before that nothing is told: the test images are for the last word, and each look at them
    counts.

    Args:
        dataset: The run's data set.
        head: The head run that it started from.
        run: The run.

    Returns:
        "helped", "hurt" or "cannot tell" in the reader's language; "" where nothing was shown yet.
    """
    # Imported late: statistics take a second, and most pages have no verdict to show.
    from core.evaluation.openings import is_opened

    if not is_opened(dataset.path, head, run):
        return ""
    # Kept in English for all readers; the catalogue knows it as it is.
    return tr(_outcome(run.id, run.status.finished, head, run))


@st.cache_data(max_entries=200, show_spinner=False)
def _outcome(run_id: str, finished: float | None, _head: Run, _run: Run) -> str:
    del run_id, finished  # the key: what a run predicted changes only when it is trained on
    from core.evaluation.predictions import join_runs
    from core.evaluation.verdict import judge_pairs
    from core.evaluation.wording import outcome_in_words

    try:
        return english(outcome_in_words(judge_pairs(join_runs(_head, _run)).outcome))
    except UnfreezeError:
        return ""
