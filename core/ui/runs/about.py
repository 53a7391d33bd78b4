"""Team facts about a run: who started it, presence, notes, pin, visibility."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import RunError, TeamError
from core.language import tr, trn
from core.runs import Run
from core.team.notes import Note
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act
from core.ui.moments import ago
from core.ui.team.presence import who_is_here
from core.ui.team.sharing import share_switch
from core.ui.text import plain


def about_run(run: Run, step: str) -> None:
    """One line above a run, with the switch of who sees it.

    Args:
        run: The run.
        step: Key of the page's step.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="about_run"):
        team_says(run, step, shares=True)


def team_says(run: Run, step: str, shares: bool = False) -> None:
    """Contents of that line; empty where the team's database is unavailable.

    Args:
        run: The run.
        step: Key of the page's step.
        shares: Whether its owner can say here who sees it.
    """
    facts = session.team().facts
    try:
        notes, pinned = facts.notes(run.id), run.id in facts.pinned()
    except (RunError, TeamError):
        return
    _pin(run, pinned)
    label = trn("{count} note", "{count} notes", len(notes)) if notes else tr("Notes")
    with st.popover(label, icon=":material/sticky_note_2:", key="notes"):
        _notes(run, notes)
    if shares:
        share_switch("run", run.id)
    if run.started_by:
        by = tr("Started by {person}", person=plain(run.started_by))
        st.caption(f":material/person: {by}", width="content")
    who_is_here(step, run.id)


def _pin(run: Run, pinned: bool) -> None:
    refused = session.team().refusal(Action.PIN_RUN, "run", run.id)
    if st.button(
        tr("Unpin") if pinned else tr("Pin"),
        icon=":material/keep_off:" if pinned else ":material/keep:",
        key="pin",
        type="tertiary",
        disabled=refused is not None,
        help=refused.what if refused else tr("Pinned runs stand first on Runs, for everybody."),
    ):
        act(lambda: session.team().facts.pin(run.id, not pinned))


def _notes(run: Run, notes: list[Note]) -> None:
    team = session.team()
    for note in notes:
        with st.container(horizontal=True, vertical_alignment="center"):
            who = plain(note.author) or tr("Somebody")
            st.markdown(f"{plain(note.text)}  \n:small[:gray[{who} · {ago(note.written)}]]")
            mine = note.author == team.person.email
            if mine and st.button(
                "",
                icon=":material/close:",
                key=f"drop_note_{note.id}",
                help=tr("Delete"),
                type="tertiary",
            ):
                act(partial(team.facts.delete_note, note.id))
    refused = team.refusal(Action.WRITE_NOTE, "run", run.id)
    if refused is not None:
        st.caption(plain(refused.what))
        return
    with st.form("note", clear_on_submit=True, border=False):
        text = st.text_area(tr("Note"), key="note_text", max_chars=4000, height=90)
        if st.form_submit_button(tr("Add"), icon=":material/add:") and text.strip():
            act(lambda: team.facts.write_note(run.id, text))
