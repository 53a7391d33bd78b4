"""Galleries of the images that fine-tuning fixed and broke."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.evaluation.comparison import Comparison
from core.language import mark, number, tr
from core.ui import session
from core.ui.evaluate.gallery import gallery
from core.ui.evaluate.heat import heat_switch

# By what became of an image: the tab's title, and what it holds.
_WORDS = {
    "fixed": (mark("Fixed"), mark("Wrong before, right now; the surest first.")),
    "broken": (mark("Broken"), mark("Right before, wrong now; the surest mistakes first.")),
    "both wrong": (
        mark("Both wrong"),
        mark("Wrong before and now; the surest mistakes first."),
    ),
}


def flips(comparison: Comparison) -> None:
    """Shows one tab each for fixed, broken and both wrong."""
    groups = {change: _group(comparison.pairs, change) for change in _WORDS}
    titles = [f"{tr(_WORDS[c][0])} ({number(len(rows))})" for c, rows in groups.items()]
    first = next((t for t, rows in zip(titles, groups.values(), strict=True) if len(rows)), None)
    heat = heat_switch(comparison) if first else False
    first = dict(zip(_WORDS, titles, strict=True)).get(session.linked("changed"), first)
    tabs = st.tabs(titles, key="flips", on_change="rerun", default=first)
    for tab, (change, rows) in zip(tabs, groups.items(), strict=True):
        # Only the open tab's pictures are made and sent.
        if tab.open:
            session.show("changed", change)
            with tab:
                st.caption(tr(_WORDS[change][1]) if len(rows) else tr("No image."))
                gallery(comparison, rows, change.replace(" ", "_"), heat)


def _group(pairs: pd.DataFrame, change: str) -> pd.DataFrame:
    rows = pairs[pairs["change"] == change]
    return rows.sort_values("after_probability", ascending=False, kind="stable")
