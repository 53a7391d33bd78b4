"""Choose the block to unfreeze, and train on."""

import streamlit as st

from core.language import mark, tr
from core.ui import page, session
from core.ui.cards import empty_state
from core.ui.data.manifests import image_counts
from core.ui.evaluate.proof import proof
from core.ui.forms.fine_tune_form import fine_tune_button, fine_tune_settings, warn
from core.ui.forms.fine_tune_sweep import block_sweep
from core.ui.forms.unfreeze_choice import choose_what_to_unfreeze, show_account
from core.ui.runs.about import about_run
from core.ui.runs.choice import choose_head, choose_run
from core.ui.runs.live import live_run
from core.ui.runs.results import show_gain, show_movement, show_results
from core.ui.tips import show_tips

page.setup(mark("Fine-tune"), "fine_tune")

st.markdown(
    tr(
        "The head has learned your classes on frozen features. Now let part of the backbone learn "
        "too, in small steps."
    )
)

dataset = session.current_dataset()
if dataset is None:
    empty_state(
        tr("Fine-tuning needs a data set, and there is none yet."),
        "pages/1_Data.py",
        tr("Choose a data set"),
    )
    st.stop()

heads = [r for r in session.runs_of(dataset, head=True) if r.has_model]
heads = [r for r in heads if not r.status.state.active]
if not heads:
    empty_state(
        tr(
            "Fine-tuning starts from a trained head: at random weights, its errors would destroy "
            "what the backbone has learned. Train a head first."
        ),
        "pages/2_Head.py",
        tr("Train a head"),
    )
    st.stop()

runs = session.runs_of(dataset, head=False)
head_run = choose_head(heads, session.chosen_run(runs))
choice = choose_what_to_unfreeze(head_run)
if choice is None:
    st.stop()
account = st.container()
block_sweep(head_run, dataset)

settings, view = st.columns([1, 2], gap="large")
with settings:
    st.subheader(tr("Settings"), anchor=False)
    config = fine_tune_settings(head_run, choice, dataset)
    images = image_counts(dataset)
    warn(head_run, choice, config.training, images["train"])
    if fine_tune_button(choice):
        session.start_run(config, dataset)
        st.rerun()
with account:
    show_account(choice, head_run, images, config.training)
    show_tips("compile")
with view:
    run = choose_run(runs)
    if run is None:
        st.subheader(tr("Not fine-tuned yet"), anchor=False)
        st.markdown(
            tr(
                "Press the button. The curve goes on from where the head ended: watch what happens "
                "at the border, when the block is unfrozen."
            )
        )
    else:
        about_run(run, "fine_tune")
        live_run(run)
        show_results(run)
        if run.has_model and not run.status.state.active:
            show_gain(run)
            proof(run)
            show_movement(run)
            st.page_link(
                "pages/4_Evaluate.py",
                label=tr("Next: did it help?"),
                icon=":material/arrow_forward:",
            )
