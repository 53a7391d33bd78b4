"""Bring in images, look at them, see what is wrong."""

import streamlit as st

from core.ui import page, session
from core.ui.data_choose import choose_dataset, switch_dataset
from core.ui.data_preview import manifest_of, show_issues, show_samples, show_summary
from core.ui.text import plain

page.setup("Data", "data")

dataset = session.current_dataset()
with st.expander("Bring in a data set", icon=":material/add:", expanded=dataset is None):
    choose_dataset()
if dataset is None:
    st.markdown("Choose a sample to begin with, or bring in your own images.")
    st.stop()

switch_dataset(dataset)
st.header(plain(dataset.name), anchor=False)
st.page_link("pages/2_Head.py", label="Next: train a head", icon=":material/arrow_forward:")

manifest = manifest_of(dataset.id, dataset.version, str(session.settings().workspace))
show_summary(dataset, manifest)
show_samples(dataset, manifest)
show_issues(dataset, manifest)
