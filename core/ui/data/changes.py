"""Making changes to a data set from the Data page, and taking them back."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.datasets.edits import Edit, edits_of
from core.errors import UnfreezeError
from core.language import tr, trn
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.cards import error_card
from core.ui.text import plain


def change(dataset: Dataset, *edits: Edit) -> None:
    """Makes changes and runs the page again; says why where they cannot be made."""
    act(lambda: session.team().data.edit(dataset, *edits))


def show_changes(dataset: Dataset) -> None:
    """List the changes since the import, with undo."""
    try:
        edits = edits_of(dataset)
    except UnfreezeError as error:
        error_card(error)
        return
    if not edits:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            trn(
                ":material/edit: **{count} change.** Last: {last}",
                ":material/edit: **{count} changes.** Last: {last}",
                len(edits),
                last=plain(edits[-1].sentence()),
            )
        )
        if act_button(
            tr("Undo"),
            key="undo",
            to=Action.EDIT_DATA,
            on=("dataset", dataset.id),
            icon=":material/undo:",
        ):
            act(lambda: session.team().data.undo(dataset))
    if len(edits) > 1:
        with st.expander(tr("All changes")):
            st.markdown("\n".join(f"1. {plain(edit.sentence())}" for edit in edits))
