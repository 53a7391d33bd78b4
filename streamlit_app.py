"""Home: what this is, how far each step is, the latest runs."""

import streamlit as st

from core.language import tr
from core.runs.groups import standalone
from core.ui import page, session
from core.ui.home import hero, show_steps, start
from core.ui.runs.table import latest_runs
from core.ui.tips import show_tips_again

page.setup("Unfreeze", "home")

hero()
start()

st.subheader(tr("The steps"), anchor=False)
show_steps()

runs = standalone(session.run_store().list())
if runs:
    st.subheader(tr("Latest runs"), anchor=False)
    latest_runs(runs)
    st.page_link("pages/6_Runs.py", label=tr("All runs"), icon=":material/arrow_forward:")
show_tips_again()
