"""The list of runs: facts of each in one row, to open or to delete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.backbones.catalog import CATALOG
from core.config import FineTuneConfig
from core.errors import UnfreezeError
from core.runs import Run, RunState
from core.ui import session
from core.ui.cards import error_card
from core.ui.live import duration
from core.ui.steps import unfrozen_words
from core.ui.text import plain

_ICONS = {
    RunState.QUEUED: ":material/schedule:",
    RunState.RUNNING: ":material/play_circle:",
    RunState.STOPPING: ":material/pause_circle:",
    RunState.STOPPED: ":material/stop_circle:",
    RunState.COMPLETED: ":material/check_circle:",
    RunState.FAILED: ":material/error:",
}
_WIDTHS = (1.5, 1.8, 2.0, 1.7, 1.1, 1.1, 1.0, 2.4)
_TITLES = ("Status", "Data", "Backbone", "Unfrozen", "Validation", "Test", "Time", "")
PAGE_LENGTH = 20


def runs_table(runs: Sequence[Run]) -> None:
    """Shows the runs, a page at a time."""
    pages = -(-len(runs) // PAGE_LENGTH)
    page = st.number_input("Page", 1, pages, 1, key="runs_page") if pages > 1 else 1
    started = Counter(r.config.head_run_id for r in runs if isinstance(r.config, FineTuneConfig))
    for column, title in zip(st.columns(_WIDTHS), _TITLES, strict=True):
        column.caption(title)
    for run in runs[(int(page) - 1) * PAGE_LENGTH : int(page) * PAGE_LENGTH]:
        _row(run, children=started[run.id])


def latest_runs(runs: Sequence[Run], count: int = 3) -> None:
    """The newest runs in a short list, for Home."""
    for run in runs[:count]:
        _row(run, deletable=False)


def _row(run: Run, deletable: bool = True, children: int = 0) -> None:
    columns = st.columns(_WIDTHS, vertical_alignment="center")
    values = (
        f"{_ICONS[run.status.state]} {run.status.state}",
        plain(run.dataset_name or run.base.dataset_id),
        backbone_title(run),
        unfrozen_words(run.config) if isinstance(run.config, FineTuneConfig) else "head only",
        percent(run.status.results.get("val_accuracy")),
        percent(run.status.results.get("test_accuracy")),
        duration(run.seconds) if run.seconds is not None else "",
    )
    for column, value in zip(columns[:-1], values, strict=True):
        column.markdown(value)
    with columns[-1], st.container(horizontal=True, gap="small"):
        if st.button("Open", key=f"open_{run.id}"):
            _open(run)
        if deletable:
            with st.popover("", icon=":material/delete:", help="Delete this run"):
                _confirm_delete(run, children)


def _open(run: Run) -> None:
    session.set_current_dataset(run.base.dataset_id)
    session.set_current_run(run.id)
    st.switch_page("pages/2_Head.py" if run.is_head else "pages/3_Fine_tune.py")


def _confirm_delete(run: Run, children: int) -> None:
    st.markdown(
        f"{backbone_title(run)} on {plain(run.dataset_name or run.base.dataset_id)}, its model and "
        "its predictions are deleted for everybody. Stored features and data stay."
    )
    if children:
        st.warning(
            f"{children} fine-tuning run{'s' if children > 1 else ''} started from this "
            "head. They stay, but can no longer be compared with it.",
            icon=":material/link_off:",
        )
    if st.button("Delete", type="primary", key=f"delete_{run.id}"):
        try:
            session.run_store().delete(run.id)
        except UnfreezeError as error:
            error_card(error)
        else:
            st.rerun()


def backbone_title(run: Run) -> str:
    """The backbone's title and the image size."""
    spec = CATALOG.get(run.base.backbone)
    return f"{spec.title if spec else plain(run.base.backbone)}, {run.base.image_size} px"


def percent(share: float | None) -> str:
    """A share in percent, or a dash."""
    return "–" if share is None else f"{share:.1%}"
