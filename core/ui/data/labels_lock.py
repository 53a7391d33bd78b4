"""One person changes a data set at a time: who it is, what others wait for, how it is handed over.

For as long as somebody has it in hand, `Acting.refusal` disables every control that changes it.
"""

from __future__ import annotations

import time

import streamlit as st

from core.datasets import Dataset
from core.errors import DatasetError, TeamError
from core.language import tr
from core.team import permissions
from core.team.actions import Team
from core.team.permissions import Action
from core.team.presence import LabelLock
from core.ui import session
from core.ui.acts import act, refused
from core.ui.moments import ago, duration
from core.ui.refreshed import refreshed
from core.ui.text import plain

_EVERY_SECONDS = 5.0


def who_changes_labels(dataset: Dataset) -> None:
    """A word about who is changing the data set.

    A new version of it, and a lock that is taken or given back, have the page drawn anew.

    Args:
        dataset: As the page shows it.
    """
    drawn = _holder(session.team(), dataset.id)
    refreshed(_watch, _EVERY_SECONDS)(dataset.id, dataset.version, drawn)


def may_not_change(dataset: Dataset) -> str:
    """Reason why this user cannot change a data set now, for a control's help; "" where they
    can."""
    return plain(refused(Action.EDIT_DATA, "dataset", dataset.id))


def say_why_not(dataset: Dataset) -> None:
    """The same beside controls that are off, where the word above is out of sight."""
    if reason := may_not_change(dataset):
        st.caption(f":material/lock: {reason}")


def _watch(dataset_id: str, version: str, drawn: str) -> None:
    team = session.team()
    try:
        newest = session.dataset_store().get(dataset_id).version
        lock = team.facts.labels_held_by_other(dataset_id)
        mine = lock is None and team.facts.labels_held(dataset_id)
        waited_for = mine and bool(team.facts.others(dataset_id))
    except DatasetError:
        st.rerun()  # deleted, or private since: the page itself says so
    except TeamError:
        return
    if newest != version or drawn != ("" if lock is None else lock.holder):
        st.rerun()
    if lock is not None:
        _say_who(team, lock)
    elif waited_for:
        _offer_to_hand_over(team, dataset_id)


def _holder(team: Team, dataset_id: str) -> str:
    try:
        lock = team.facts.labels_held_by_other(dataset_id)
    except TeamError:
        return ""
    return "" if lock is None else lock.holder


def _say_who(team: Team, lock: LabelLock) -> None:
    said: str = tr(
        "**{person}** is changing this data set and began {when}. Every change comes in by itself.",
        person=plain(lock.name) or tr("Somebody else"),
        when=ago(lock.since),
    )
    if permissions.refusal(team.person, Action.EDIT_DATA) is None:
        turn = tr(
            "It is your turn in {time} unless another change follows, or as soon as they hand it "
            "over.",
            time=duration(max(1.0, lock.until - time.time())),
        )
        said = f"{said} {turn}"
    st.info(said, icon=":material/lock_person:")


def _offer_to_hand_over(team: Team, dataset_id: str) -> None:
    """Whoever has the data set in hand need not know of it before somebody waits."""
    with st.container(horizontal=True, vertical_alignment="center", key="hand_over_row"):
        words = tr("Others can change this data set two minutes after your last change.")
        st.caption(f":material/lock_person: {words}", width="content")
        if st.button(tr("Hand it over"), key="hand_over", icon=":material/lock_open:"):
            act(lambda: team.facts.give_labels_back(dataset_id))
