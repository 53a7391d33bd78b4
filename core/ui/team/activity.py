"""The record of what was done, in words: who, what, when."""

from __future__ import annotations

import streamlit as st

from core.errors import TeamError
from core.language import mark, tr
from core.team.audit import Deed
from core.team.permissions import Action
from core.ui import session
from core.ui.cards import error_card
from core.ui.moments import ago
from core.ui.text import plain

_PAGE = 20
# What stands behind who did it; `{thing}` is the run's or data set's name.
_DEEDS: dict[str, str] = {
    Action.BATCH: mark("classified a whole folder with a model on {thing}"),
    Action.EXPORT: mark("made another format of a model on {thing}"),
    Action.HEAT_MAPS: mark("had heat maps made for a run on {thing}"),
    Action.START_RUN: mark("started a run on {thing}"),
    Action.STOP_RUN: mark("stopped a run on {thing}"),
    Action.RESUME_RUN: mark("resumed a run on {thing}"),
    Action.KILL_RUN: mark("ended a run on {thing} by force"),
    Action.MOVE_RUN_UP: mark("moved a run on {thing} up"),
    Action.DELETE_RUN: mark("deleted a run on {thing}"),
    Action.SET_THRESHOLD: mark("set when a model on {thing} says none of these"),
    Action.IMPORT_DATA: mark("brought in {thing}"),
    Action.EDIT_DATA: mark("changed {thing}"),
    Action.DELETE_DATA: mark("deleted {thing}"),
    Action.WRITE_NOTE: mark("wrote a note on a run on {thing}"),
    Action.DELETE_NOTE: mark("deleted a note on a run on {thing}"),
    Action.DELETE_FEATURES: mark("deleted stored features"),
    Action.END_PROCESSES: mark("ended all processes"),
    Action.START_TENSORBOARD: mark("started TensorBoard"),
}
_SWITCHES: dict[tuple[str, bool], str] = {
    (Action.PIN_RUN, True): mark("pinned a run on {thing}"),
    (Action.PIN_RUN, False): mark("unpinned a run on {thing}"),
    (Action.SHARE, True): mark("made {thing} private"),
    (Action.SHARE, False): mark("shared {thing} with the team"),
}


def activity() -> None:
    """The newest deeds, and older ones where they are asked for; read while it is open alone."""
    shown = st.expander(
        tr("What was done"), icon=":material/history:", key="activity", on_change="rerun"
    )
    if not shown.open:
        return
    with shown:
        try:
            _pages()
        except TeamError as error:
            error_card(error)


def deed_words(deed: Deed, names: dict[str, str]) -> str:
    """Describe an entry of the activity log.

    Args:
        deed: The deed.
        names: Data sets' and runs' names by their ids.
    """
    who = plain(deed.who) or tr("Somebody")
    thing = deed.details.get("name") or names.get(deed.thing) or deed.thing
    switch = (deed.action, bool(deed.details.get(_switched_by(deed.action))))
    message = _DEEDS.get(deed.action) or _SWITCHES.get(switch)
    # A newer program's record may hold what this one does not know.
    message = message or mark("did something to {thing}")
    return tr("**{who}** {deed}", who=who, deed=tr(message, thing=plain(str(thing))))


def _switched_by(action: str) -> str:
    return "private" if action == Action.SHARE else "pinned"


def _pages() -> None:
    feed = session.team().facts.feed(_PAGE * (1 + session.count("older_deeds")))
    if not feed:
        st.caption(tr("Nothing yet."))
    names = _names() if feed else {}
    for deed in feed:
        st.markdown(f"{deed_words(deed, names)} :small[:gray[· {ago(deed.moment)}]]")
    more = len(feed) >= _PAGE
    if more and st.button(tr("Older"), key="older_deeds", icon=":material/expand_more:"):
        session.count_up("older_deeds")
        st.rerun()


def _names() -> dict[str, str]:
    runs = {r.id: r.dataset_name or r.base.dataset_id for r in session.run_store().list()}
    return {**runs, **{d.id: d.name for d in session.dataset_store().list()}}
