"""Everything that was trained or waits: open, stop, resume, order, delete; disk and processes."""

import streamlit as st

from core.language import mark, tr
from core.ui import page, session
from core.ui.cards import empty_state
from core.ui.runs.disk_use import disk_use
from core.ui.runs.jobs import jobs
from core.ui.runs.queue_processes import queue_processes
from core.ui.runs.table import runs_table, total_words
from core.ui.runs.tensorboard_link import tensorboard_link
from core.ui.team.activity import activity
from core.ui.team.administration import administration

page.setup(mark("Runs"), "runs")

# A rate test has its place below the rate; here it is seen only while it takes a turn.
every = session.run_store().list(rate_tests=True)
runs = [run for run in every if not run.is_rate_test or run.status.state.active]
if not runs:
    if session.current_dataset() is None:
        empty_state(tr("Nothing was trained yet."), "pages/1_Data.py", tr("Choose a data set"))
    else:
        empty_state(tr("Nothing was trained yet."), "pages/2_Head.py", tr("Train a head"))
else:
    st.markdown(total_words(runs))
    runs_table(runs)
    disk_use(runs)
    tensorboard_link()
jobs()
queue_processes()
activity()
administration()
