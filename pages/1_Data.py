"""Bring in images, look at them, see what is wrong, divide them."""

import streamlit as st

from core.language import mark, tr
from core.ui import page, session
from core.ui.data.changes import show_changes
from core.ui.data.choose import choose_dataset, switch_dataset
from core.ui.data.delete import delete_button
from core.ui.data.gallery import show_gallery
from core.ui.data.issues import count_issues, show_issues, show_notes
from core.ui.data.labels_lock import who_changes_labels
from core.ui.data.manifests import cached_manifest
from core.ui.data.preview import show_counts, show_overview
from core.ui.data.split import show_split
from core.ui.team.presence import who_is_here
from core.ui.team.sharing import share_switch
from core.ui.text import plain

page.setup(mark("Data"), "data")

dataset = session.current_dataset()
with st.expander(tr("Bring in a data set"), icon=":material/add:", expanded=dataset is None):
    choose_dataset(dataset)
switch_dataset(dataset)
if dataset is None:
    st.markdown(tr("Choose a sample to begin with, or bring in your own images."))
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    st.header(plain(dataset.name), anchor=False)
    delete_button(dataset)
    share_switch("dataset", dataset.id)
    if st.button(tr("Next: train a head"), key="next", type="primary"):
        st.switch_page("pages/2_Head.py")
who_changes_labels(dataset)
who_is_here("data", dataset.id)
manifest = cached_manifest(dataset)
show_counts(dataset)
show_notes(dataset)
show_changes(dataset)

views = {
    "overview": tr("Overview"),
    "images": tr("Images"),
    "issues": tr("Issues ({count})", count=count_issues(dataset)),
    "split": tr("Split"),
}
session.link("view", "data_view", views, "overview")
view = st.segmented_control(
    tr("View"),
    list(views),
    required=True,
    format_func=lambda name: views[name],
    key="data_view",
    label_visibility="collapsed",
)
if view == "images":
    show_gallery(dataset, manifest)
elif view == "issues":
    show_issues(dataset)
elif view == "split":
    show_split(dataset, manifest)
else:
    show_overview(dataset, manifest)
