"""Other users at the same run or data set, in one small line."""

from __future__ import annotations

import time

import streamlit as st

from core.errors import TeamError
from core.language import tr, trn
from core.team.presence import GONE_SECONDS, Present
from core.ui import session
from core.ui.refreshed import refreshed
from core.ui.text import plain

# Often enough that nobody who is there counts as gone.
_EVERY_SECONDS = GONE_SECONDS / 3


def who_is_here(step: str, thing: str) -> None:
    """Record that this session looks at something, and name others who do.

    Args:
        step: Key of the page's step.
        thing: Id of the run or data set.
    """
    refreshed(_look, _EVERY_SECONDS)(step, thing)


def here_words(others: list[Present]) -> str:
    """Names those who are there; "" for nobody. Who has several windows open is named once."""
    names = list(dict.fromkeys(plain(other.name) for other in others if other.name))
    unnamed = len({other.who for other in others if not other.name})
    if unnamed:
        names.append(trn("{count} other person", "{count} other people", unnamed))
    return tr("Also here: {people}", people=", ".join(names)) if names else ""


def _look(step: str, thing: str) -> None:
    team = session.team()
    try:
        if team.seen_runs.hidden(thing) or team.seen_datasets.hidden(thing):
            st.rerun()  # private since: the page itself says so
        if _is_due(thing):
            team.facts.look(step, thing)
        words = here_words(team.facts.others(thing))
    except TeamError:
        return  # who is there is not worth a word where the database is away
    if words:
        st.caption(f":material/group: {words}", width="content")


def _is_due(thing: str) -> bool:
    """Return True if this session's presence is due to be recorded again."""
    before, noted = st.session_state.get("noted_at", ("", 0.0))
    now = time.monotonic()
    due = bool(before != thing or now - noted > _EVERY_SECONDS / 2)
    if due:
        st.session_state["noted_at"] = (thing, now)
    return due
