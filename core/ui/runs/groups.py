"""A group of runs on a page: one button queues it, one bar shows it, one button stops it."""

from __future__ import annotations

import streamlit as st

from core.errors import told_error
from core.language import tr, trn
from core.runs import RunState
from core.runs.groups import Group, groups_of
from core.runs.run import GroupMark
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.moments import duration
from core.ui.runs.live import progress_share
from core.ui.runs.viewers import paced
from core.ui.text import plain

REFRESH_SECONDS = 1.0


def group_progress(group: Group, place: str) -> None:
    """One bar for the whole group, with one button to stop it; drawn anew as members end.

    Args:
        group: An active group.
        place: Makes the widgets' keys unique.
    """
    paced(_bar, REFRESH_SECONDS)(group.mark.id, group.ended, place)


def group_share(group: Group) -> float:
    """Progress of the group, between 0 and 1."""
    going_on = sum(progress_share(run) for run in group.runs if run.status.state.active)
    return min(1.0, (group.ended + going_on) / len(group.runs))


def group_words(group: Group) -> str:
    """Number of completed members, and the time left."""
    if any(run.status.state is RunState.STOPPING for run in group.runs):
        return tr("Stopping after this batch")
    words = tr("{done} of {total} runs done", done=group.ended, total=len(group.runs))
    if all(run.status.state is RunState.QUEUED for run in group.runs):
        words = trn(
            "{count} run waits in the queue", "{count} runs wait in the queue", len(group.runs)
        )
    left = group.seconds_left
    return (
        words if left is None else tr("{what} · about {time} left", what=words, time=duration(left))
    )


def resume_group_button(group: Group, place: str) -> None:
    """Show a button that resumes a stopped or failed group, with the counts."""
    told = _unfinished_words(group)
    if group.active or not told:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told, width="content")
        if act_button(
            tr("Go on"),
            icon=":material/play_arrow:",
            key=f"resume_group_{place}_{group.mark.id}",
            to=Action.RESUME_RUN,
            on=("run", group.runs[0].id),
            help=tr("Queues those runs again; what has ended stays."),
        ):
            act(lambda: session.team().runs.resume_group(group), queues=True)


def page_of_group(mark: GroupMark) -> tuple[str, str]:
    """The file and the step's key of the page that shows a group's answer."""
    if mark.kind == "sweep":
        return "pages/3_Fine_tune.py", "fine_tune"
    return "pages/4_Evaluate.py", "evaluate"


def group_actions(group: Group) -> None:
    """Stops a whole group, lets it go on, or deletes it."""
    key = group.mark.id
    if group.active:
        if act_button(
            tr("Stop all"),
            icon=":material/stop:",
            key=f"stop_group_menu_{key}",
            to=Action.STOP_RUN,
            on=("run", group.runs[0].id),
        ):
            act(lambda: session.team().runs.stop_group(group))
        return
    resume_group_button(group, "menu")
    st.markdown(
        tr(
            "All {count} runs, their models and predictions are deleted for everybody. "
            "Stored features and data stay.",
            count=len(group.runs),
        )
    )
    if act_button(
        tr("Delete all"),
        type="primary",
        key=f"delete_group_{key}",
        to=Action.DELETE_RUN,
        on=("run", group.runs[0].id),
    ):
        act(lambda: session.team().runs.delete_group(group))


def _unfinished_words(group: Group) -> str:
    failed = [run for run in group.runs if run.status.state is RunState.FAILED]
    stopped = sum(run.status.state is RunState.STOPPED for run in group.runs)
    total = len(group.runs)
    words: list[str] = []
    if stopped:
        words.append(tr("{count} of {total} runs were stopped.", count=stopped, total=total))
    if failed:
        what, _ = told_error(failed[0].status.error, "")
        words.append(
            tr(
                "{count} of {total} runs failed: {what}",
                count=len(failed),
                total=total,
                what=plain(what),
            )
        )
    return " ".join(words)


def _bar(group_id: str, ended: int, place: str) -> None:
    store = session.run_store()
    found = (g for g in groups_of(store.list()) if g.mark.id == group_id)
    group = next(found, None)
    if group is None or not group.active or group.ended != ended:
        st.rerun()
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    bar.progress(group_share(group), text=f"{plain(group.mark.words)} · {group_words(group)}")
    stopping = any(run.status.state is RunState.STOPPING for run in group.runs)
    if act_button(
        tr("Stopping") if stopping else tr("Stop all"),
        icon=":material/stop:",
        key=f"stop_group_{place}_{group_id}",
        to=Action.STOP_RUN,
        on=("run", group.runs[0].id),
        place=stop,
        help=tr(
            "Ends the run that is being trained and takes the others out of the queue. What has "
            "ended stays."
        ),
        disabled=stopping,
        width="stretch",
    ):
        act(lambda: session.team().runs.stop_group(group))
