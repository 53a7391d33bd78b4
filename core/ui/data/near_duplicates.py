"""Groups of near-duplicates on the Data page, and the question about them where there are many."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.datasets import Dataset
from core.datasets.copies import mark_copies
from core.datasets.doubt import MOST_NEAR_DUPLICATES, doubtful_pairs, near_duplicate_share
from core.datasets.edits import Edit, edits_of, near_duplicates_judged
from core.datasets.manifest import split_word
from core.datasets.regroup import DIFFERENT, SAME, keep_exact_copies
from core.errors import UnfreezeError
from core.language import number, tr
from core.team.permissions import Action
from core.ui.acts import act_button
from core.ui.data.changes import change
from core.ui.data.labels_lock import say_why_not
from core.ui.data.manifests import cached_manifest
from core.ui.data.thumbnails import Row, show_thumbnail
from core.ui.text import plain

MAX_GROUPS = 12
MAX_IMAGES = 4
_WIDTH = 96


def share_in_doubt(dataset: Dataset) -> float:
    """Return the share of near-duplicates where it is implausible and nobody has judged it.

    Returns:
        From 0 to 1; 0 where there is nothing to ask.

    Raises:
        OSError: If the list of images cannot be read.
    """
    share = _share(str(dataset.path), dataset.version, dataset)
    if share <= MOST_NEAR_DUPLICATES:
        return 0.0
    try:
        return 0.0 if near_duplicates_judged(edits_of(dataset)) else share
    except UnfreezeError:
        return 0.0  # the list of changes says what is wrong with it


@st.cache_data(max_entries=32, show_spinner=False)
def _share(path: str, version: str, _dataset: Dataset) -> float:
    del path, version  # the key: a version's manifest never changes
    return near_duplicate_share(cached_manifest(_dataset))


def certain_manifest(dataset: Dataset) -> pd.DataFrame:
    """Return the manifest with what is certain of its groups, not to be changed.

    Where the near-duplicates are in doubt, only exact copies are grouped and marked.

    Raises:
        OSError: If the list of images cannot be read.
    """
    if not share_in_doubt(dataset):
        return cached_manifest(dataset)
    return _exact_copies(str(dataset.path), dataset.version, dataset)


@st.cache_resource(max_entries=4, show_spinner=False)
def _exact_copies(path: str, version: str, _dataset: Dataset) -> pd.DataFrame:
    del path, version  # the key: a version's manifest never changes
    return mark_copies(keep_exact_copies(cached_manifest(_dataset)))


def show_question(dataset: Dataset) -> None:
    """Show the most doubtful pairs where the groups are in doubt, and ask about all of them."""
    share = share_in_doubt(dataset)
    if not share:
        return
    st.subheader(tr("Are these the same images?"), anchor=False)
    st.markdown(
        tr(
            "{share} % of the images are in groups of near-duplicates, more than in any usual data "
            "set. These images look alike by nature, so the groups may be wrong. Compare the most "
            "doubtful pairs and answer for the whole data set.",
            share=number(100 * share),
        )
    )
    with st.container(horizontal=True):
        for pair in doubtful_pairs(cached_manifest(dataset)):
            with st.container(width="content"):
                _side_by_side(dataset, pair.to_dict("records"), _WIDTH + 8)
    with st.container(horizontal=True):
        for answer, label in (
            (DIFFERENT, tr("Images are different")),
            (SAME, tr("Images are the same")),
        ):
            if act_button(
                label,
                key=f"near_duplicates_{answer}",
                to=Action.EDIT_DATA,
                on=("dataset", dataset.id),
            ):
                change(dataset, Edit("near_duplicates", value=answer))
    st.caption(
        tr(
            "Different: only exact copies stay grouped, and a split that the app made is made "
            "again. The same: the groups stay as they are. You can undo both."
        )
    )
    say_why_not(dataset)


def show_groups(dataset: Dataset, groups: list[pd.DataFrame]) -> None:
    """Show groups of images, two beside each other."""
    for left, right in zip(*[iter([*groups[:MAX_GROUPS], None])] * 2, strict=False):
        for column, rows in zip(st.columns(2), (left, right), strict=True):
            if rows is not None:
                with column:
                    _side_by_side(dataset, rows.head(MAX_IMAGES).to_dict("records"))
    if len(groups) > MAX_GROUPS:
        st.caption(tr("{count} more are not shown.", count=len(groups) - MAX_GROUPS))


def _side_by_side(dataset: Dataset, rows: Sequence[Row], width: int = _WIDTH + 40) -> None:
    with st.container(border=True, horizontal=True):
        for row in rows:
            with st.container(width=width, gap="xxsmall"):
                show_thumbnail(st.container(width=_WIDTH), dataset, row)
                st.caption(f"**{split_word(row['split'])}** · {plain(row['class_name'])}")
                st.caption(plain(row["path"].rsplit("/", 1)[-1]))
