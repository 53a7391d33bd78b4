"""What the person of this session sees and may change."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import TeamError
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.database import TeamDatabase
from core.team.visible import VisibleDatasets, VisibleRuns
from core.ui.session.person import person
from core.ui.session.stores import settings


def team() -> Team:
    """What this person may do, see and change; everything that changes something goes this way.

    Raises:
        NotAllowedError: As `person` does.
    """
    installation = settings()
    context = get_script_run_ctx()
    session_id = context.session_id if context else ""
    return Team(installation, person(), _books(installation.database_url), session_id)


def run_store() -> VisibleRuns:
    """The runs that this person sees; changes go through `team`."""
    return team().seen_runs


def dataset_store() -> VisibleDatasets:
    """The data sets that this person sees; changes go through `team`."""
    return team().seen_datasets


def database_error() -> TeamError | None:
    """Why the team's database could not be reached a moment ago, or None."""
    return _books(settings().database_url).database.error


@st.cache_resource(show_spinner=False)
def _books(url: str) -> TeamBooks:
    return TeamBooks(TeamDatabase(url))
