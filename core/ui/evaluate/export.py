"""Taking the comparison away: per-image table, report."""

from __future__ import annotations

import streamlit as st

from core.evaluation.comparison import Comparison
from core.evaluation.export import pairs_csv
from core.export.report import html_report
from core.language import english, tr


def downloads(comparison: Comparison, *remarks: str) -> None:
    """Shows the download buttons; a file is made when its button is pressed.

    Args:
        comparison: The two runs.
        *remarks: What the report adds to the verdict: seeds, and looks at the test images.
    """
    name = f"{comparison.after.base.dataset_id}-{comparison.after.id}"
    with st.container(horizontal=True):
        st.download_button(
            tr("Report (HTML)"),
            lambda: html_report(comparison, " ".join(map(english, remarks))),
            file_name=f"{name}.html",
            mime="text/html",
            icon=":material/description:",
            on_click="ignore",
            key="download_report",
        )
        st.download_button(
            tr("Every image (CSV)"),
            lambda: pairs_csv(comparison.pairs, comparison.class_names),
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
            key="download_pairs",
        )
