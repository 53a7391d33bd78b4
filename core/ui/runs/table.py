"""The list of runs: the facts of each in one row that wraps on a phone, to open or to delete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from core.backbones.catalog import title_of
from core.config import FineTuneConfig
from core.errors import told_error
from core.evaluation.openings import is_opened
from core.jobs.state import state_word
from core.language import moment, tr, trn
from core.runs import Run, RunState
from core.runs.groups import Group, folded
from core.runs.reader import in_order
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.moments import duration
from core.ui.runs.actions import run_actions
from core.ui.runs.active_run import page_of
from core.ui.runs.groups import group_actions, page_of_group
from core.ui.runs.live import progress_share
from core.ui.runs.pins import marks, pinned_first, pinned_ids
from core.ui.steps import unfrozen_words
from core.ui.text import percent, plain, size_words

_ICONS = {
    RunState.QUEUED: ":material/schedule:",
    RunState.RUNNING: ":material/play_circle:",
    RunState.STOPPING: ":material/pause_circle:",
    RunState.STOPPED: ":material/stop_circle:",
    RunState.COMPLETED: ":material/check_circle:",
    RunState.FAILED: ":material/error:",
}
PAGE_LENGTH = 20
# Wide enough for Russian, whose words are longer.
_TITLE_WIDTH, _FACT_WIDTH, _BUTTONS_WIDTH = 330, 76, 165


def runs_table(runs: Sequence[Run]) -> None:
    """Shows the runs, a page at a time, those of one data set where it is chosen."""
    started = Counter(r.config.head_run_id for r in runs if isinstance(r.config, FineTuneConfig))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pinned = pinned_ids()
        shown = pinned_first(folded(_filtered(runs)), pinned)
        pages = -(-len(shown) // PAGE_LENGTH)
        page = 1
        if pages > 1:
            page = st.number_input(
                tr("Page of {pages}", pages=pages), 1, pages, 1, key="runs_page", width=160
            )
    places = {run.id: place for place, run in enumerate(in_order(session.going_on()), start=1)}

    def show(run: Run) -> None:
        _row(run, True, started[run.id], places.get(run.id, 0), pinned)

    for entry in shown[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]:
        if isinstance(entry, Group):
            _group_row(entry, show)
        else:
            show(entry)


def latest_runs(runs: Sequence[Run], count: int = 3) -> None:
    """The newest runs in a short list, for Home."""
    for run in runs[:count]:
        _row(run)


def total_words(runs: Sequence[Run]) -> str:
    """Number of runs and their size on disk."""
    return trn(
        "{count} run in this workspace, {size} on disk.",
        "{count} runs in this workspace, {size} on disk.",
        len(runs),
        size=size_words(sum(run.disk_bytes for run in runs)),
    )


def _filtered(runs: Sequence[Run]) -> Sequence[Run]:
    names = {run.base.dataset_id: run.dataset_name or run.base.dataset_id for run in runs}
    if len(names) < 2:
        return runs
    chosen = st.selectbox(
        tr("Data set"),
        ["", *names],
        format_func=lambda dataset_id: names.get(dataset_id, tr("All data sets")),
        key="runs_dataset",
        width=300,
    )
    return [run for run in runs if chosen in ("", run.base.dataset_id)]


def _row(
    run: Run,
    deletable: bool = False,
    children: int = 0,
    place: int = 0,
    pinned: Sequence[str] = (),
) -> None:
    results = run.status.results
    is_seen = is_opened(session.settings().datasets_dir / run.base.dataset_id, run)
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(marks(run, pinned) + _title(run, place), width=_TITLE_WIDTH)
        for label, value in (
            (tr("validation"), _accuracy(results.get("val_accuracy"))),
            (tr("test"), _test_accuracy(results.get("test_accuracy"), is_seen)),
            (tr("time"), duration(run.seconds) if run.seconds is not None else "–"),
            (tr("on disk"), size_words(run.disk_bytes)),
        ):
            st.markdown(f"{value}  \n:small[:gray[{label}]]", width=_FACT_WIDTH)
        with st.container(horizontal=True, gap="small", width=_BUTTONS_WIDTH):
            if st.button(tr("Open"), key=f"open_{run.id}"):
                _open(run)
            if deletable:
                with st.popover(
                    "", icon=":material/more_vert:", help=tr("Stop, resume, clone, delete")
                ):
                    run_actions(run)
                    _take_settings(run)
                    st.divider()
                    _confirm_delete(run, children)


def _group_row(group: Group, show: Callable[[Run], None]) -> None:
    """A group in one row, its members folded below."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_group_title(group), width=_TITLE_WIDTH)
            seconds = [run.seconds for run in group.runs if run.seconds is not None]
            for value, label in (
                (_share_completed(group), tr("completed")),
                ("", ""),
                (duration(sum(seconds)) if seconds else "–", tr("time")),
                (size_words(sum(run.disk_bytes for run in group.runs)), tr("on disk")),
            ):
                st.markdown(f"{value}  \n:small[:gray[{label}]]", width=_FACT_WIDTH)
            with st.container(horizontal=True, gap="small", width=_BUTTONS_WIDTH):
                if st.button(tr("Open"), key=f"open_{group.mark.id}"):
                    _open_group(group)
                with st.popover("", icon=":material/more_vert:", help=tr("Stop, go on, delete")):
                    group_actions(group)
        members = st.expander(
            trn("Its {count} run", "Its {count} runs", len(group.runs)),
            key=f"members_{group.mark.id}",
            on_change="rerun",
        )
        if members.open:
            with members:
                for run in group.runs:
                    show(run)


def _share_completed(group: Group) -> str:
    return tr("{done} of {total}", done=len(group.completed), total=len(group.runs))


def _group_title(group: Group) -> str:
    newest = group.runs[-1]
    state = tr("going on") if group.active else tr("ended")
    when = moment(group.created)
    name = plain(newest.dataset_name or newest.base.dataset_id)
    return (
        f":material/stacks: **{plain(group.mark.words)}** · {backbone_title(newest)}  \n"
        f":small[:gray[{state} · {name} · {when}]]"
    )


def _open_group(group: Group) -> None:
    """Opens the page that has its answer, for the run that it was asked for."""
    session.set_current_dataset(group.runs[0].base.dataset_id)
    if group.mark.about:
        session.set_current_run(group.mark.about)
    st.switch_page(page_of_group(group.mark)[0])


def _title(run: Run, place: int) -> str:
    what = f"{_what(run)}{_which(run)}"
    when = moment(run.created)
    name = plain(run.dataset_name or run.base.dataset_id)
    by = f" · {plain(run.started_by)}" if run.started_by else ""
    return (
        f"{_ICONS[run.status.state]} **{what}** · {backbone_title(run)}  \n"
        f":small[:gray[{_state_words(run, place)} · {name} · {when}{by}]]"
    )


def _which(run: Run) -> str:
    """Property that distinguishes a run from the others of its group."""
    share = run.base.train_share
    parts = [""]
    if share < 1:
        parts.append(tr("{share} of the images", share=percent(share, 0)))
    if run.group is not None and run.group.kind == "seeds":
        parts.append(tr("seed {seed}", seed=str(run.config.training.seed)))
    return ", ".join(parts)


def _what(run: Run) -> str:
    if isinstance(run.config, FineTuneConfig):
        return unfrozen_words(run.config)
    return tr("rate test") if run.is_rate_test else tr("head only")


def _state_words(run: Run, place: int) -> str:
    state = run.status.state
    if place:
        return tr("{state}, number {place}", state=state_word(state), place=place)
    if state is RunState.RUNNING:
        return f"{state_word(state)}, {percent(progress_share(run), 0)}"
    if state is RunState.FAILED and run.status.error:
        return f"{state_word(state)}: {plain(told_error(run.status.error, '')[0])}"
    return state_word(state)


def _open(run: Run) -> None:
    session.set_current_dataset(run.base.dataset_id)
    session.set_current_run(run.id)
    st.switch_page(page_of(run)[0])


def _take_settings(run: Run) -> None:
    if st.button(
        tr("Use these settings"),
        icon=":material/tune:",
        key=f"take_{run.id}",
        help=tr("Fills the form with the settings of this run, to change some of them."),
        width="stretch",
    ):
        session.take_settings(run)
        st.switch_page(page_of(run)[0])


def _confirm_delete(run: Run, children: int) -> None:
    st.markdown(
        tr(
            "{backbone} on {dataset}, its model and its predictions are deleted for everybody. "
            "Stored features and data stay.",
            backbone=backbone_title(run),
            dataset=plain(run.dataset_name or run.base.dataset_id),
        )
    )
    if children:
        st.warning(
            trn(
                "{count} fine-tuning run started from this head. They stay, but can no longer be "
                "compared with it.",
                "{count} fine-tuning runs started from this head. They stay, but can no longer be "
                "compared with it.",
                children,
            ),
            icon=":material/link_off:",
        )
    if act_button(
        tr("Delete"),
        type="primary",
        key=f"delete_{run.id}",
        to=Action.DELETE_RUN,
        on=("run", run.id),
    ):
        act(lambda: session.team().runs.delete(run.id))


def backbone_title(run: Run) -> str:
    """The backbone's title and the image size."""
    return tr(
        "{backbone}, {size} px",
        backbone=plain(title_of(run.base.backbone)),
        size=str(run.base.image_size),
    )


def _test_accuracy(value: float | None, is_seen: bool) -> str:
    """Accuracy on test; a closed lock where the result was not opened on Evaluate."""
    if value is None or is_seen:
        return _accuracy(value)
    closed = tr("not opened")
    return f":material/lock: :small[{closed}]"


def _accuracy(share: float | None) -> str:
    """A share in percent, or a dash."""
    return "–" if share is None else percent(share)
