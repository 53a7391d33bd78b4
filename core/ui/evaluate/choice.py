"""Choice of runs on the Evaluate page, and its empty states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import streamlit as st

from core.evaluation.comparison import head_id_of, head_of, model_name
from core.language import moment, tr
from core.runs import Run, Runs, RunState
from core.runs.groups import standalone
from core.ui import session
from core.ui.cards import empty_state, failure_card
from core.ui.runs.about import team_says
from core.ui.text import percent, plain

ALONE = ""


@dataclass(frozen=True)
class Choice:
    """The chosen runs.

    Attributes:
        before: What the run is compared with, or None where it stands alone.
        after: The run.
    """

    before: Run | None
    after: Run


def choose(runs: Runs, dataset_id: str) -> Choice | None:
    """Let the user choose a run and one to compare it with.

    The run is the current one; for a head run its newest fine-tuning run, where it has one; else
    the newest fine-tuning run of the current data set.

    Args:
        runs: All runs.
        dataset_id: The current data set, or "".

    Returns:
        The choice, or None where nothing can be evaluated; the page has then said why.
    """
    current = session.current_run_id() or ""
    every = standalone(runs.list(), current)
    ended = [run for run in every if not run.status.state.active and run.predictions_path.exists()]
    _say_what_is_not_here(every, ended, current, dataset_id)
    if not ended:
        return None
    options, titles = {run.id: run for run in ended}, run_titles(ended)
    # The verdict comes first on the page: the choice, and what the team says, are one line above.
    with st.container(horizontal=True, vertical_alignment="center", key="evaluate_bar"):
        with st.popover(
            tr("Compare other runs"), icon=":material/compare_arrows:", key="evaluate_choice"
        ):
            default = _default(ended, current, dataset_id)
            after = options[_select(tr("Run"), titles, default, "evaluate_run")]
            before = options.get(_compared_with(after, titles, runs))
        team_says(after, "evaluate")
    session.set_current_run(after.id)
    return Choice(before, after)


def run_titles(runs: Iterable[Run]) -> dict[str, str]:
    """One line for each run: the model, its validation accuracy, its data and when it was made.

    Returns:
        Titles by run id, all different: a select box tells its options apart by their text.
    """
    titles = {run.id: _run_title(run) for run in runs}
    counts = Counter(titles.values())
    return {
        run_id: title if counts[title] == 1 else f"{title} · {run_id[-6:]}"
        for run_id, title in titles.items()
    }


def _run_title(run: Run) -> str:
    accuracy = run.status.results.get("val_accuracy")
    sure = tr("no accuracy")
    if accuracy is not None:
        sure = tr("{accuracy} on validation", accuracy=percent(float(accuracy)))
    data = run.dataset_name or run.base.dataset_id
    return f"{model_name(run)} · {sure} · {data} · {moment(run.created)}"


def link_to_training(run: Run, label: str) -> None:
    """A link to the page that shows a run as it trains."""
    page = "pages/2_Head.py" if run.is_head else "pages/3_Fine_tune.py"
    st.page_link(page, label=label, icon=":material/arrow_forward:", query_params={"run": run.id})


def _compared_with(after: Run, titles: Mapping[str, str], runs: Runs) -> str:
    others = {run_id: title for run_id, title in titles.items() if run_id != after.id}
    head = head_of(after, runs)
    default = head.id if head is not None and head.id in others else ALONE
    key = f"evaluate_before_{after.id}"
    offered = {ALONE: str(tr("nothing: this run alone")), **others}
    shown = session.link("with", key, offered, default)
    chosen = _select(tr("Compared with"), offered, shown, key)
    if head_id_of(after) and default == ALONE and chosen == ALONE:
        st.caption(tr("The head run that it started from was deleted or has no predictions."))
    return chosen


def _select(label: str, titles: Mapping[str, str], default: str, key: str) -> str:
    ids = list(titles)
    index = ids.index(default)
    chosen: str = st.selectbox(label, ids, index=index, format_func=titles.__getitem__, key=key)
    return chosen


def _default(ended: list[Run], current: str, dataset_id: str) -> str:
    named = next((run for run in ended if run.id == current), None)
    if named is not None and not named.is_head:
        return named.id
    for run in ended:  # the newest first
        if current and head_id_of(run) == current:
            return run.id
    # A fine-tuning run of the current data set before anything else.
    best = min(ended, key=lambda run: (run.base.dataset_id != dataset_id, run.is_head))
    return best.id if named is None else named.id


def _say_what_is_not_here(
    every: list[Run], ended: list[Run], current: str, dataset_id: str
) -> None:
    named = next((run for run in every if run.id == current), None)
    own = [run for run in every if run.base.dataset_id == dataset_id] or every
    newest = next(iter(own), None)
    # An older run may be asked for while a new one trains; a newer one's failure is its own page's.
    told = newest if newest is not None and newest.status.state.active else named or newest
    if told is not None and told not in ended:
        _say_state(told)
    if not every:
        empty_state(
            tr("Nothing to evaluate yet: train a head first, then fine-tune it from a block."),
            "pages/2_Head.py",
            tr("Train a head"),
        )


def _say_state(run: Run) -> None:
    state, name = run.status.state, plain(model_name(run))
    if state.active:
        st.info(_on_its_way(state, name), icon=":material/hourglass_top:")
        link_to_training(run, tr("Watch it train"))
    elif state is RunState.FAILED:
        failure_card(run.status)
        link_to_training(run, tr("Open the run"))
    else:
        st.info(
            tr("{name} was stopped before it had predictions.", name=name),
            icon=":material/stop_circle:",
        )
        link_to_training(run, tr("Open the run"))


def _on_its_way(state: RunState, name: str) -> str:
    if state is RunState.QUEUED:
        return tr("{name} is queued and will be here when it is done.", name=name)
    if state is RunState.STOPPING:
        return tr("{name} is stopping and will be here when it is done.", name=name)
    return tr("{name} is running and will be here when it is done.", name=name)
