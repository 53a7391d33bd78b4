"""What the app has started on its machine, and the button that ends it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.config import FineTuneConfig
from core.runs import Run, RunState
from core.runs.started import Started, started
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act_button, do
from core.ui.runs_table import size_words


def queue_processes() -> None:
    """Lists the queue's and the training processes, with a way to end them all."""
    runs = session.run_store().list(rate_tests=True)
    found = started(session.settings(), runs)
    waiting = any(run.status.state.active for run in runs)
    st.markdown("**Queue**")
    if not found and not waiting:
        st.caption("No process is running. The next run starts what it needs.")
        return
    rows = [
        (_name(entry), _when(entry.since), _memory(entry), f"{entry.pid} on {entry.host}")
        for entry in found
    ]
    columns = ["process", "since", "memory", "number"]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True)
    with st.popover("End all processes", icon=":material/power_settings_new:"):
        st.markdown(f"{consequences(runs)} The next run starts the processes again.")
        if act_button("End all", type="primary", key="end_all", to=Action.END_PROCESSES):
            with st.spinner("Runs stop, then the processes end"):
                do(lambda: session.team().tasks.end_processes())


def consequences(runs: Sequence[Run]) -> str:
    """What ending everything means for the runs that go on or wait."""
    states = Counter(run.status.state for run in runs if run.status.state.active)
    queued = states.pop(RunState.QUEUED, 0)
    going_on = states.total()
    parts = []
    if going_on:
        parts.append(f"{_count(going_on)} that {'goes' if going_on == 1 else 'go'} on will stop")
    if queued:
        parts.append(f"{_count(queued)} will leave the queue")
    if not parts:
        return "No run is going on or waiting."
    pronoun = "it" if going_on + queued == 1 else "they"
    return f"{' and '.join(parts)}; {pronoun} can be resumed."


def _count(number: int) -> str:
    return f"{number} run{'' if number == 1 else 's'}"


def _name(entry: Started) -> str:
    run = entry.run
    if run is None:
        return entry.role
    kind = "fine-tuning" if isinstance(run.config, FineTuneConfig) else "head"
    kind = "rate test" if run.is_rate_test else kind
    return f"{entry.role}: {kind}, {run.dataset_name or run.base.dataset_id}"


def _memory(entry: Started) -> str:
    return "" if entry.memory is None else size_words(entry.memory)


def _when(moment: float) -> str:
    return time.strftime("%d %b, %H:%M", time.localtime(moment))
