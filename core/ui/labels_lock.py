"""Tells a second person who is changing a data set now, and lets the changes come in."""

from __future__ import annotations

import streamlit as st

from core.datasets import Dataset
from core.errors import DatasetError, TeamError
from core.language import tr
from core.ui import session
from core.ui.text import plain

_EVERY_SECONDS = 5.0


def who_changes_labels(dataset: Dataset) -> None:
    """A word about who is changing the data set; a new version of it has the page drawn anew.

    Args:
        dataset: As the page shows it.
    """
    st.fragment(_watch, run_every=_EVERY_SECONDS)(dataset.id, dataset.version)


def _watch(dataset_id: str, version: str) -> None:
    try:
        newest = session.dataset_store().get(dataset_id).version
        lock = session.team().facts.labels_held_by_other(dataset_id)
    except (DatasetError, TeamError):
        return  # the page itself says what is wrong with it
    if newest != version:
        st.rerun()
    if lock is not None:
        st.info(
            tr(
                "{person} is changing this data set now. You see the changes come in; yours can "
                "follow two minutes after the last.",
                person=plain(lock.name) or tr("Somebody else"),
            ),
            icon=":material/lock_person:",
        )
