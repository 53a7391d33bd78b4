"""Everything that was trained or waits: open, stop, resume, order, delete; disk and processes."""

import streamlit as st

from core.ui import page, session
from core.ui.cards import empty_state
from core.ui.disk_use import disk_use
from core.ui.queue_processes import queue_processes
from core.ui.runs_table import runs_table, total_words

page.setup("Runs", "runs")

runs = session.run_store().list()
if not runs:
    if session.current_dataset() is None:
        empty_state("Nothing was trained yet.", "pages/1_Data.py", "Choose a data set")
    else:
        empty_state("Nothing was trained yet.", "pages/2_Head.py", "Train a head")
else:
    st.markdown(total_words(runs))
    runs_table(runs)
    disk_use(runs)
queue_processes()
