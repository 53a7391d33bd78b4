"""Train a new head on the frozen backbone."""

import streamlit as st

from core.language import mark, tr
from core.ui import page, session
from core.ui.cards import empty_state
from core.ui.forms.head_form import head_form
from core.ui.runs.about import about_run
from core.ui.runs.choice import choose_run
from core.ui.runs.live import live_run
from core.ui.runs.results import show_frozen, show_results
from core.ui.tips import show_tips

page.setup(mark("Head"), "head")

st.markdown(
    tr(
        "The backbone has learned from a million photographs what edges, textures and shapes are. "
        "It stays **frozen** here; only a new classifier, the **head**, learns your classes."
    )
)

dataset = session.current_dataset()
if dataset is None:
    empty_state(
        tr("A head learns from a data set, and there is none yet."),
        "pages/1_Data.py",
        tr("Choose a data set"),
    )
    st.stop()

show_tips("head", "freeze")
runs = session.runs_of(dataset, head=True)

settings, view = st.columns([1, 2], gap="large")
with settings:
    st.subheader(tr("Settings"), anchor=False)
    config = head_form(dataset)
    if config is not None:
        session.start_run(config, dataset)
        st.rerun()
with view:
    run = choose_run(runs)
    if run is None:
        st.subheader(tr("Nothing trained yet"), anchor=False)
        st.markdown(
            tr(
                "Press **Train head**. The curve of accuracy and loss appears here and grows while "
                "it trains; you can leave the page, it goes on."
            )
        )
    else:
        about_run(run, "head")
        live_run(run)
        show_results(run)
        if run.has_model and not run.status.state.active:
            show_frozen(run)
            st.page_link(
                "pages/3_Fine_tune.py",
                label=tr("Next: choose a block to unfreeze"),
                icon=":material/arrow_forward:",
            )
