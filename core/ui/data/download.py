"""Data sets by name: what they are, how large, on which terms, and the button."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.datasets import Dataset
from core.datasets.downloads import DOWNLOADS, Download, downloads_dir
from core.language import number, tr
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act_button
from core.ui.data.bring_in import Progress, bring_in
from core.ui.text import plain

# Bytes between two looks of the progress bar.
_STEP = 4_000_000


def show_downloads() -> None:
    """A card for each row of the table; progress and errors below, over the whole width."""
    chosen: Download | None = None
    for column, row in zip(st.columns(len(DOWNLOADS)), DOWNLOADS, strict=True):
        with column:
            chosen = row if _card(row) else chosen
    st.caption(
        tr(
            "What has arrived is kept when the connection breaks. Without internet, put the "
            "archive into {folder} and press its button.",
            folder=plain(str(downloads_dir(session.settings()))),
        )
    )
    if chosen is not None:
        bring_in(partial(_load, chosen))


def _card(row: Download) -> bool:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{plain(tr(row.title))}**")
        st.caption(plain(tr(row.sentence)))
        st.caption(f"{_megabytes(row.remote.bytes)} · {plain(tr(row.licence))}")
        return act_button(
            tr("Download"),
            key=f"download_{row.key}",
            to=Action.IMPORT_DATA,
            icon=":material/download:",
        )


def _megabytes(count: int) -> str:
    return tr("{size} MB", size=number(count / 1e6))


def _load(row: Download, progress: Progress) -> Dataset:
    bar = st.progress(0.0, text=tr("Downloading {name}", name=plain(row.remote.name)))
    shown = 0

    def received(done: int, total: int) -> None:
        nonlocal shown
        if done - shown >= _STEP or done == total:
            shown = done
            words = tr("{done} of {all}", done=number(done / 1e6), all=_megabytes(total))
            bar.progress(done / total, text=words)

    try:
        return session.team().data.import_download(row, received, progress)
    finally:
        bar.empty()
