"""Dividing a data set anew: shares, seed, what stays together; counts shown before it is done."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from core.charts import class_counts
from core.datasets import Dataset
from core.datasets.edits import Edit
from core.datasets.manifest import SPLITS
from core.datasets.split import SplitPlan, divide_with_notes
from core.errors import UnfreezeError
from core.language import mark, number, tr
from core.team.permissions import Action
from core.ui.acts import act_button
from core.ui.cards import error_card
from core.ui.data.changes import change
from core.ui.data.labels_lock import may_not_change, say_why_not
from core.ui.text import plain

# Only patterns that cannot take long: a user's own regular expression could stop the server.
_TIES = {
    "alone": mark("Each file stands alone"),
    "beginning": mark("Same text before the first _ or -"),
    "folder": mark("Same folder"),
    "after": mark("Same number or word after a text"),
}
_MOST_NOTES = 5
_PATTERNS = {"alone": "", "beginning": r"([^/_-]+)[^/]*$", "folder": r"^(.*)/"}


def show_split(dataset: Dataset, manifest: pd.DataFrame) -> None:
    """The controls, what they come to, and the button."""
    plan = _plan(bool(may_not_change(dataset)))
    try:
        divided, notes = divide_with_notes(manifest, plan)
    except UnfreezeError as error:
        error_card(error)
        return
    counts = divided.loc[divided["usable"], "split"].value_counts()
    words = (tr("Train"), tr("Validation"), tr("Test"))
    for column, split, word in zip(st.columns(3), SPLITS, words, strict=True):
        column.metric(word, number(int(counts.get(split, 0))))
    st.plotly_chart(
        class_counts.figure(divided),
        key="planned",
        # Touch screens would show the bar always, over the legend.
        config={"displayModeBar": False},
        alt=tr("Images of each class after the split"),
    )
    for note in notes[:_MOST_NOTES]:
        st.caption(f":material/info: {plain(note)}")
    if act_button(
        tr("Split like this"),
        key="apply_split",
        to=Action.EDIT_DATA,
        on=("dataset", dataset.id),
        type="primary",
    ):
        change(dataset, Edit("split", plan=plan))
    say_why_not(dataset)
    st.caption(tr("Makes a new version; runs keep the version that they used. It can be undone."))


def _plan(locked: bool) -> SplitPlan:
    left, right = st.columns(2, gap="large")
    low, high = left.slider(
        tr("Train, then validation, then test, in %"),
        0,
        100,
        (70, 85),
        step=5,
        key="split_shares",
        disabled=locked,
        help=tr(
            "What is left of the first handle is for training, what is right of the second for "
            "the test."
        ),
    )
    seed = right.number_input(tr("Seed"), min_value=0, value=0, key="split_seed", disabled=locked)
    left, right = st.columns(2, gap="large")
    together = left.checkbox(
        tr("Copies of one picture stay in one split"),
        value=True,
        key="split_together",
        disabled=locked,
    )
    tie = right.selectbox(
        tr("Files that belong together"),
        list(_TIES),
        format_func=lambda name: tr(_TIES[name]),
        key="split_tie",
        disabled=locked,
        help=tr("Photographs of one patient, animal or video should not be on both sides."),
    )
    pattern = _PATTERNS.get(tie, "")
    if tie == "after":
        text = right.text_input(
            tr("Text in the file name"),
            placeholder=tr("patient"),
            key="split_text",
            disabled=locked,
        )
        pattern = f"{re.escape(text)}[ _-]?([A-Za-z0-9]+)" if text else ""
    return SplitPlan((high - low) / 100, (100 - high) / 100, int(seed), together, pattern)
