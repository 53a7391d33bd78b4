"""The switch between private and shared, for the owner of a run or data set."""

from __future__ import annotations

import streamlit as st

from core.language import tr
from core.team.owners import Kind
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act


def share_switch(kind: Kind, thing: str) -> None:
    """Let the owner or an admin choose who can see a thing; nothing without a login.

    Args:
        kind: What it is.
        thing: Its id.
    """
    team = session.team()
    if not team.person.known or team.refusal(Action.SHARE, kind, thing) is not None:
        return
    private = team.owned(kind, thing).private
    chosen = st.toggle(
        tr("Private"),
        value=private,
        # What others switched meanwhile makes a new toggle that shows it as it is.
        key=f"private_{kind}_{thing}_{private}",
        help=tr("Seen by its owner and admins alone, instead of the whole team."),
    )
    if chosen != private:
        act(lambda: team.facts.share(kind, thing, chosen))
