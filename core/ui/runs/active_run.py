"""The run that is going on, on every page: how far it is, and a word when it has ended."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.config import FineTuneConfig, RateTestConfig
from core.errors import RunError
from core.jobs.state import state_word
from core.language import tr
from core.runs import Run, RunState
from core.runs.groups import groups_of
from core.runs.run import GroupMark
from core.ui import session
from core.ui.runs.groups import group_share, group_words, page_of_group
from core.ui.runs.live import going_on, progress_share, progress_words
from core.ui.runs.viewers import paced
from core.ui.steps import unfrozen_words
from core.ui.text import plain

# Slower than the live view: it is a glance from another page.
REFRESH_SECONDS = 2.0


def show_active_run(runs: Sequence[Run], step: str) -> None:
    """Shows the run that is going on, with a link to it, unless its own page shows it.

    Args:
        runs: All runs, the newest first.
        step: Key of the page's step.
    """
    run = _active_run(runs)
    if run is None:
        return
    if run.group is not None:
        _show_active_group(run.group, step)
        return
    page, own_step = page_of(run)
    if own_step == step and session.current_run_id() in (run.id, None):
        return
    with st.container(border=True, key="active_run", gap="small"):
        st.page_link(page, label=_name(run), query_params={"run": run.id})
        paced(_progress, REFRESH_SECONDS)(run.id)


def _show_active_group(mark: GroupMark, step: str) -> None:
    """One bar for all members, unless the page that has the group's answer shows it."""
    page, own_step = page_of_group(mark)
    if own_step == step and _is_looked_at(mark.about):
        return
    with st.container(border=True, key="active_run", gap="small"):
        st.page_link(page, label=plain(mark.words), query_params={"run": mark.about})
        paced(_group_progress, REFRESH_SECONDS)(mark.id)


def announce_ended(runs: Sequence[Run], step: str) -> None:
    """Announce once that a run which this session started or opened has ended.

    Args:
        runs: All runs, the newest first.
        step: Key of the page's step: the run's own page says it itself.
    """
    for run in session.ended_since(runs):
        if page_of(run)[1] != step or session.current_run_id() != run.id:
            icon = ":material/error:" if run.status.state is RunState.FAILED else None
            words = tr("{run}: {state}", run=_name(run), state=state_word(run.status.state))
            st.toast(words, icon=icon)


def page_of(run: Run) -> tuple[str, str]:
    """The file and the step's key of the page that shows a run."""
    config = run.config.meant if isinstance(run.config, RateTestConfig) else run.config
    if isinstance(config, FineTuneConfig):
        return "pages/3_Fine_tune.py", "fine_tune"
    return "pages/2_Head.py", "head"


def _active_run(runs: Sequence[Run]) -> Run | None:
    """One of the current data set before others, one that runs before one that waits."""
    active = [run for run in runs if run.status.state.active]
    dataset_id = session.current_dataset_id()
    return min(
        active,
        key=lambda run: (
            run.base.dataset_id != dataset_id,
            run.status.state is RunState.QUEUED,
            run.created,
        ),
        default=None,
    )


def _progress(run_id: str) -> None:
    run = going_on(run_id)
    st.progress(progress_share(run), text=progress_words(run))


def _is_looked_at(run_id: str) -> bool:
    """Return True if the current run is this one, or was fine-tuned from it."""
    current = session.current_run_id()
    if current in (run_id, None):
        return True
    try:
        config = session.run_store().get(current).config
    except RunError:
        return False
    return isinstance(config, FineTuneConfig) and config.head_run_id == run_id


def _group_progress(group_id: str) -> None:
    groups = groups_of(session.run_store().list())
    group = next((g for g in groups if g.mark.id == group_id), None)
    if group is None or not group.active:
        st.rerun()
    st.progress(group_share(group), text=group_words(group))


def _name(run: Run) -> str:
    if isinstance(run.config, FineTuneConfig):
        return tr("Fine-tuning {what}", what=unfrozen_words(run.config))
    return tr("Training the head")
