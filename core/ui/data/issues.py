"""Issues of a data set: duplicates across splits first, then each kind of issue."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.datasets import Dataset
from core.datasets.health import ISSUES
from core.datasets.leak_fixes import (
    contested_groups,
    gather,
    leaking_groups,
    leave_out,
    leave_out_contested,
)
from core.language import mark, number, tr, trn
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.data.changes import change
from core.ui.data.labels_lock import say_why_not
from core.ui.data.near_duplicates import (
    certain_manifest,
    share_in_doubt,
    show_groups,
    show_question,
)
from core.ui.data.notes import notes
from core.ui.data.thumbnails import show_strip

MAX_IMAGES = 8
MAX_NAMES = 200
_FOUND = mark(
    "The search finds copies that are resized, compressed again, mirrored, a little "
    "brighter, or cropped by about 5 %. Fine detail decides: images that only look alike do not "
    "count. The search misses copies that are cropped further or turned, and may miss copies "
    "without fine detail, of a regular pattern, or of less than 16 pixels."
)


def count_issues(dataset: Dataset) -> int:
    """Return the number of images with an issue."""
    return int((certain_manifest(dataset)["issues"] != "").sum())


def show_notes(dataset: Dataset) -> None:
    """Show what users should know before training, one line each."""
    if lines := notes(dataset):
        st.markdown("  \n".join(lines))


def show_issues(dataset: Dataset) -> None:
    """Show the issues, the files that have them, and what can be done."""
    manifest = certain_manifest(dataset)
    show_question(dataset)
    _leaks(dataset, manifest)
    _contested(dataset, manifest)
    texts = {text: set(text.split(";")) for text in manifest["issues"].unique()}
    if any(codes & set(ISSUES) for codes in texts.values()):
        _by_kind(dataset, manifest, texts)
    elif not share_in_doubt(dataset):
        st.markdown(
            tr(":material/check_circle: Every file is a whole image, and no copies were found.")
        )
    st.caption(tr(_FOUND))
    _check_again(dataset)


def _check_again(dataset: Dataset) -> None:
    if act_button(
        tr("Check again"),
        key="check_again",
        to=Action.EDIT_DATA,
        on=("dataset", dataset.id),
        icon=":material/refresh:",
    ):
        bar = st.progress(0.0, tr("Checking for duplicates"))

        def show(done: int, total: int) -> None:
            bar.progress(done / max(total, 1), tr("Checking for duplicates"))

        act(lambda: session.team().data.check_again(dataset, show))
    say_why_not(dataset)


def _by_kind(dataset: Dataset, manifest: pd.DataFrame, texts: dict[str, set[str]]) -> None:
    st.subheader(tr("By kind"), anchor=False)
    for code, issue in ISSUES.items():
        # Few texts, many images: so a code is looked for once a text.
        rows = manifest[manifest["issues"].isin([t for t, codes in texts.items() if code in codes])]
        if rows.empty:
            continue
        label = f"{number(len(rows))} × {tr(issue.title)} · {tr(issue.treatment)}"
        icon = ":material/info:" if issue.usable else ":material/block:"
        with st.expander(label, icon=icon, expanded=not issue.usable):
            _files(dataset, rows)


def _leaks(dataset: Dataset, manifest: pd.DataFrame) -> None:
    leaking = leaking_groups(manifest)
    if leaking.empty:
        return
    groups = [rows for _, rows in leaking.groupby("group", sort=False)]
    st.subheader(tr("The same picture in several splits"), anchor=False)
    st.markdown(
        trn(
            "{count} picture is in more than one split. A model that was trained on a picture "
            "knows it on test: its score looks better than it is.",
            "{count} pictures are in more than one split. A model that was trained on a picture "
            "knows it on test: its score looks better than it is.",
            len(groups),
        )
    )
    with st.container(horizontal=True):
        if act_button(
            tr("Move each into one split"),
            key="gather",
            to=Action.EDIT_DATA,
            on=("dataset", dataset.id),
            type="primary",
        ):
            change(dataset, *gather(manifest))
        if act_button(
            tr("Leave the copies out"),
            key="leave_out",
            to=Action.EDIT_DATA,
            on=("dataset", dataset.id),
        ):
            change(dataset, *leave_out(manifest))
    say_why_not(dataset)
    show_groups(dataset, groups)


def _contested(dataset: Dataset, manifest: pd.DataFrame) -> None:
    contested = contested_groups(manifest)
    if contested.empty:
        return
    groups = [rows for _, rows in contested.groupby("group", sort=False)]
    st.subheader(tr("The same picture in several classes"), anchor=False)
    st.markdown(
        trn(
            "{count} picture is in more than one class, so one of its labels is wrong. Relabel it "
            "under Images, or leave it out.",
            "{count} pictures are in more than one class, so one of its labels is wrong. Relabel "
            "it under Images, or leave it out.",
            len(groups),
        )
    )
    if act_button(
        tr("Leave all of them out"),
        key="leave_out_contested",
        to=Action.EDIT_DATA,
        on=("dataset", dataset.id),
    ):
        change(dataset, *leave_out_contested(manifest))
    say_why_not(dataset)
    show_groups(dataset, groups)


def _files(dataset: Dataset, rows: pd.DataFrame) -> None:
    shown = rows[rows["width"] > 0].head(MAX_IMAGES)
    if not shown.empty:
        show_strip(st.container(), dataset, shown, MAX_IMAGES)
    names = "\n".join(rows["path"].head(MAX_NAMES))
    st.code(names, language=None, height=min(200, 40 + 22 * len(rows)))
    if len(rows) > MAX_NAMES:
        st.caption(tr("{count} more.", count=len(rows) - MAX_NAMES))
