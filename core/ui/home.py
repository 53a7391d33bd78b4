"""Home's parts: the two sentences, the sample button, the steps."""

from __future__ import annotations

import streamlit as st

from core.datasets.bundled import load_bundled
from core.errors import UnfreezeError
from core.ui import session
from core.ui.cards import error_card
from core.ui.steps import STEPS, progress

SAMPLE = "digits"


def hero() -> None:
    """What this is, in two sentences."""
    st.title("Unfreeze", anchor=False)
    st.markdown(
        "#### Fine-tune a pretrained image classifier on your own images, in the browser.\n"
        "Train a new head on a frozen backbone, choose the block to unfreeze, and see on the same "
        "test images whether fine-tuning helped."
    )


def try_sample() -> None:
    """The one button of the page: loads the sample data and goes to its preview."""
    pressed = st.button(
        "Try it with the sample data",
        type="primary",
        icon=":material/play_arrow:",
        key="try_sample",
    )
    st.caption("1,797 handwritten digits, from data to verdict in about two minutes.")
    if not pressed:
        return
    try:
        with st.spinner("Preparing the sample data"):
            dataset = load_bundled(SAMPLE, session.settings())
    except UnfreezeError as error:
        error_card(error)
        return
    session.set_current_dataset(dataset.id)
    st.switch_page("pages/1_Data.py")


def show_steps() -> None:
    """The steps as cards, with how far each is."""
    done = progress(session.current_dataset(), session.run_store().list())
    columns = st.columns(3)
    for i, step in enumerate(STEPS):
        with columns[i % 3], st.container(border=True, height="stretch"):
            state = done[step.key]
            icon = ":material/check_circle:" if state.done else step.icon
            st.page_link(step.page, label=f"**{step.title}**", icon=icon)
            st.markdown(step.purpose)
            st.caption(state.caption)
