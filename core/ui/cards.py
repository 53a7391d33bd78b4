"""Cards for what is empty or went wrong: what, why, the way out, details folded."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import UnfreezeError, told_error
from core.jobs.state import JobStatus
from core.language import mark, tr
from core.ui.text import plain


def error_card(error: UnfreezeError) -> None:
    """Show an error: what failed and what to do."""
    _card(error.what, error.way_out)


def failure_card(status: JobStatus) -> None:
    """Say why a run or another job failed, with the details folded."""
    _card(*told_error(status.error, mark("This failed.")))
    details = (status.error or {}).get("details")
    if details:
        with st.expander(tr("Details")):
            st.code(details, language=None)


def empty_state(text: str, page: str, label: str) -> None:
    """Show what is missing, with a link to the next step that looks like a button.

    Args:
        text: One sentence.
        page: The page's file, such as `pages/1_Data.py`.
        label: What the link says.
    """
    with st.container(border=True, key=f"empty-{Path(page).stem}"):
        st.markdown(text)
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def _card(what: str, way_out: str) -> None:
    text = f"**{plain(what)}**"
    st.error(f"{text}\n\n{plain(way_out)}" if way_out else text, icon=":material/error:")
