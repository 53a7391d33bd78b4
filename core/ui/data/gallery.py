"""Images by class, split and issue, page by page; chosen ones are relabelled or left out."""

from __future__ import annotations

from math import ceil

import pandas as pd
import streamlit as st

from core.datasets import Dataset
from core.datasets.edits import Edit
from core.datasets.health import ISSUES
from core.datasets.manifest import SPLITS
from core.language import mark, tr, trn
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act_button
from core.ui.data.changes import change
from core.ui.data.labels_lock import may_not_change
from core.ui.data.thumbnails import Row, show_large, show_thumbnail
from core.ui.text import plain

COLUMNS = 8
PER_PAGE = 3 * COLUMNS
# No class is called that.
ALL = ""
_NAMES = {"train": mark("Train"), "val": mark("Validation"), "test": mark("Test")}
_NAMES[ALL] = mark("All splits")
# The button lies over its image, so that a click on the image presses it.
_CSS = """<style>
[class*="st-key-picture_"] { position: relative; }
[class*="st-key-large_"] { position: absolute; inset: 0; width: 100% !important; }
[class*="st-key-large_"] :is(.stButton, .stButton > div, button) {
  width: 100% !important; height: 100%; min-height: 0; }
[class*="st-key-large_"] button { opacity: 0; cursor: zoom-in; background: none !important; }
[class*="st-key-large_"] button:focus-visible { opacity: 1; outline: 3px solid #E8590C; }
/* Out of sight only: it is what a screen reader calls the button. */
[class*="st-key-large_"] button p { position: absolute; clip-path: inset(50%); }
.st-key-gallery [data-testid="stElementToolbar"] { display: none; }
.st-key-gallery [data-testid="stCheckbox"] p {
  font-size: 0.8rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.st-key-gallery [data-testid="stCheckbox"] :is(label, label > div:last-child) {
  max-width: 100%; min-width: 0; }
@media (max-width: 640px) {
  .st-key-gallery [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
  .st-key-gallery [data-testid="stColumn"] { flex: 1 1 22%; min-width: 22%; }
}
</style>"""


def show_gallery(dataset: Dataset, manifest: pd.DataFrame) -> None:
    """The gallery with its filters and actions."""
    rows = _filtered(dataset, manifest)
    if rows.empty:
        st.caption(tr("No image is like that."))
        return
    st.html(_CSS)
    cards = st.container(key="gallery")
    pages = ceil(len(rows) / PER_PAGE)
    # Filters are part of the key: another choice begins at its first page.
    key = f"gallery_page_{dataset.id}_{rows.index[0]}_{len(rows)}"
    page = st.pagination(pages, key=key) if pages > 1 else 1
    reason = may_not_change(dataset)
    with cards:
        chosen = _cards(dataset, rows.iloc[(page - 1) * PER_PAGE : page * PER_PAGE], bool(reason))
    _actions(dataset, rows, chosen, reason)


def _filtered(dataset: Dataset, manifest: pd.DataFrame) -> pd.DataFrame:
    codes = {code for text in manifest["issues"].unique() for code in text.split(";") if code}
    issues = [ALL, *[code for code in ISSUES if code in codes]]
    session.link("class", "gallery_class", (ALL, *dataset.class_names), ALL)
    session.link("split", "gallery_split", (ALL, *SPLITS), ALL)
    session.link("issue", "gallery_issue", issues, ALL)
    left, middle, right = st.columns(3)
    name = left.selectbox(
        tr("Class"),
        [ALL, *dataset.class_names],
        format_func=lambda value: tr("All classes") if value == ALL else value,
        key="gallery_class",
    )
    split = middle.selectbox(
        tr("Split"),
        [ALL, *SPLITS],
        format_func=lambda value: tr(_NAMES[value]),
        key="gallery_split",
    )
    issue = right.selectbox(
        tr("Issue"),
        issues,
        format_func=lambda value: _issue_words(value),
        key="gallery_issue",
    )
    kept = pd.Series(True, index=manifest.index)
    if name != ALL:
        kept &= manifest["class_name"] == name
    if split != ALL:
        kept &= manifest["split"] == split
    if issue != ALL:
        texts = manifest["issues"].unique()
        kept &= manifest["issues"].isin([text for text in texts if issue in text.split(";")])
    st.caption(trn("{count} image", "{count} images", int(kept.sum())))
    return manifest[kept]


def _issue_words(code: str) -> str:
    return tr("Any or none") if code == ALL else tr(ISSUES[code].title)


def _cards(dataset: Dataset, shown: pd.DataFrame, locked: bool) -> list[str]:
    """Shows the images; returns the paths of those that are ticked."""
    chosen = []
    records = shown.to_dict("records")
    for start in range(0, len(records), COLUMNS):
        line = records[start : start + COLUMNS]
        for column, row in zip(st.columns(COLUMNS), line, strict=False):
            with column:
                if _card(dataset, row, locked):
                    chosen.append(row["path"])
    return chosen


def _card(dataset: Dataset, row: Row, locked: bool) -> bool:
    path, name = row["path"], row["path"].rsplit("/", 1)[-1]
    with st.container(key=f"picture_{path}"):
        show_thumbnail(st.container(), dataset, row)
        if st.button(tr("Show {name} large", name=plain(name)), key=f"large_{path}"):
            show_large(dataset, row)
    sign = ":material/info: " if row["issues"] else ""
    tick = f"tick_{dataset.version}_{path}"
    return st.checkbox(f"{sign}{plain(name)}", key=tick, disabled=locked)


def _actions(dataset: Dataset, rows: pd.DataFrame, chosen: list[str], locked: str) -> None:
    if not chosen:
        tick = tr("Tick images to relabel them or to leave them out.")
        st.caption(f":material/lock: {locked}" if locked else tick)
        return
    paths = tuple(chosen)
    out = rows[rows["path"].isin(chosen)]["issues"].str.contains("excluded")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            tr("Their class is"),
            dataset.class_names,
            key="relabel_class",
            width=220,
            disabled=bool(locked),
        )
        if act_button(
            trn("Relabel {count} image", "Relabel {count} images", len(paths)),
            key="relabel",
            to=Action.EDIT_DATA,
            on=("dataset", dataset.id),
            icon=":material/label:",
        ):
            change(dataset, Edit("relabel", paths, name))
        if act_button(
            trn("Leave out {count} image", "Leave out {count} images", len(paths)),
            key="exclude",
            to=Action.EDIT_DATA,
            on=("dataset", dataset.id),
            icon=":material/block:",
        ):
            change(dataset, Edit("exclude", paths))
        if out.any() and act_button(
            tr("Take in again"),
            key="include",
            to=Action.EDIT_DATA,
            on=("dataset", dataset.id),
            icon=":material/add:",
        ):
            change(dataset, Edit("include", paths))
    st.caption(tr("Your files stay as they are; a change makes a new version and can be undone."))
