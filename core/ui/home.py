"""Home's parts: the two sentences, the sample button, the steps."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.datasets import Dataset
from core.language import mark, tr
from core.runs import Run
from core.runs.groups import standalone
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.runs.active_run import page_of
from core.ui.steps import STEPS, progress
from core.ui.text import plain

SAMPLE = "digits"
_CAPTION = mark("1,797 handwritten digits, from data to verdict in about two minutes.")


def hero() -> None:
    """Introduce the app in two sentences."""
    st.title("Unfreeze", anchor=False)
    st.markdown(
        tr(
            "#### Fine-tune a pretrained image classifier on your own images, in the browser.\n"
            "Train a new head on a frozen backbone, choose the block to unfreeze, and see on the "
            "same test images whether fine-tuning helped."
        )
    )


def start() -> None:
    """The page's button: the sample data for a newcomer, the next step for who returns."""
    dataset = session.current_dataset()
    with st.container(horizontal=True, vertical_alignment="center"):
        if dataset is not None:
            runs = standalone(session.run_store().list())
            own = [run for run in runs if run.base.dataset_id == dataset.id]
            label, page = next_step(own)
            if st.button(label, type="primary", icon=":material/arrow_forward:", key="next_step"):
                st.switch_page(page)
        sample = act_button(
            tr("Try it with the sample data"),
            type="primary" if dataset is None else "secondary",
            icon=":material/play_arrow:",
            key="try_sample",
            to=Action.IMPORT_DATA,
        )
    if dataset is None:
        st.caption(tr(_CAPTION))
    else:
        st.caption(tr("You are working on {name}.", name=plain(dataset.name)))
    if sample:
        _load_sample()


def next_step(runs: Sequence[Run]) -> tuple[str, str]:
    """Next step on the current data set.

    Args:
        runs: The data set's runs, the newest first.

    Returns:
        A button's label, and the page that it opens.
    """
    active = next((run for run in runs if run.status.state.active), None)
    if active is not None:
        return tr("Watch the run"), page_of(active)[0]
    usable = [run for run in runs if run.has_model]
    if any(not run.is_head for run in usable):
        return tr("Did fine-tuning help?"), "pages/4_Evaluate.py"
    if usable:
        return tr("Next: choose a block to unfreeze"), "pages/3_Fine_tune.py"
    return tr("Next: train a head"), "pages/2_Head.py"


def _load_sample() -> None:
    def load() -> Dataset:
        with st.spinner(tr("Preparing the sample data")):
            return session.team().data.import_bundled(SAMPLE)

    def show(dataset: Dataset) -> None:
        session.set_current_dataset(dataset.id)
        st.switch_page("pages/1_Data.py")

    act(load, show)


def show_steps() -> None:
    """The steps as cards, with how far each is."""
    done = progress(session.current_dataset(), session.run_store().list())
    # Row by row: on a phone, where columns lie below each other, the steps stay in order.
    for row in (STEPS[:3], STEPS[3:]):
        for column, step in zip(st.columns(3), row, strict=True):
            with column.container(border=True, height="stretch"):
                state = done[step.key]
                icon = ":material/check_circle:" if state.done else step.icon
                st.page_link(step.page, label=f"**{tr(step.title)}**", icon=icon)
                st.markdown(tr(step.purpose))
                st.caption(state.caption)
