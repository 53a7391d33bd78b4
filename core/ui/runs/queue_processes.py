"""Processes of the app on its machine, and the button that ends them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.config import FineTuneConfig
from core.language import moment, tr, trn
from core.queue.started import Started, started
from core.runs import Run, RunState
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.text import size_words


def queue_processes() -> None:
    """Lists the queue's and the training processes, with a way to end them all."""
    runs = session.run_store().list(rate_tests=True)
    found = started(session.settings(), runs)
    waiting = any(run.status.state.active for run in runs)
    st.markdown("**" + tr("Queue") + "**")
    if not found and not waiting:
        st.caption(tr("No process is running. The next run starts what it needs."))
        return
    rows = [(_name(entry), moment(entry.since), _memory(entry), _number(entry)) for entry in found]
    columns = [tr("process"), tr("since"), tr("memory"), tr("number")]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True)
    with st.popover(tr("End all processes"), icon=":material/power_settings_new:"):
        st.markdown(consequences(runs) + " " + tr("The next run starts the processes again."))
        if act_button(tr("End all"), type="primary", key="end_all", to=Action.END_PROCESSES):
            with st.spinner(tr("Runs stop, then the processes end")):
                act(lambda: session.team().tasks.end_processes())


def consequences(runs: Sequence[Run]) -> str:
    """Consequences of a shutdown for active runs."""
    states = Counter(run.status.state for run in runs if run.status.state.active)
    queued = states.pop(RunState.QUEUED, 0)
    going_on = states.total()
    if not going_on and not queued:
        return tr("No run is going on or waiting.")
    stops = trn("{count} run that goes on will stop", "{count} runs that go on will stop", going_on)
    leaves = trn("{count} run will leave the queue", "{count} runs will leave the queue", queued)
    parts = tr("{one} and {other}", one=stops, other=leaves)
    if not going_on or not queued:
        parts = stops if going_on else leaves
    if going_on + queued == 1:
        return tr("{what}; it can be resumed.", what=parts)
    return tr("{what}; they can be resumed.", what=parts)


def _name(entry: Started) -> str:
    run = entry.run
    if run is None:
        return tr(entry.role)
    kind = tr("fine-tuning") if isinstance(run.config, FineTuneConfig) else tr("head")
    kind = tr("rate test") if run.is_rate_test else kind
    return f"{tr(entry.role)}: {kind}, {run.dataset_name or run.base.dataset_id}"


def _number(entry: Started) -> str:
    return tr("{number} on {host}", number=str(entry.pid), host=entry.host)


def _memory(entry: Started) -> str:
    return "" if entry.memory is None else size_words(entry.memory)
