"""Access of this session's user."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import streamlit as st

from core.datasets import Datasets
from core.errors import TeamError
from core.runs import Run, Runs
from core.team.acting import TeamBooks
from core.team.actions import Team
from core.team.database import TeamDatabase
from core.ui.session.person import person
from core.ui.session.stores import settings


def team() -> Team:
    """Team object of this session's user; every change goes through it.

    Raises:
        NotAllowedError: As `person` does.
    """
    installation = settings()
    books = _books(installation.database_url)
    return Team(installation, person(), books, session_id(), _browser())


def session_id() -> str:
    """Return a random id of this session; a reload begins another one."""
    made: str = st.session_state.setdefault("session_id", uuid4().hex)
    return made


def run_store() -> Runs:
    """The runs that this person sees; changes go through `team`."""
    return team().seen_runs


def going_on() -> list[Run]:
    """Every run that waits or goes on, hidden ones too: to count, not to show."""
    runs = Runs(settings().runs_dir).list(rate_tests=True)
    return [run for run in runs if run.status.state.active]


def dataset_store() -> Datasets:
    """The data sets that this person sees; changes go through `team`."""
    return team().seen_datasets


def database_error() -> TeamError | None:
    """Error of the last attempt to reach the team's database, or None."""
    return _books(settings().database_url).database.error


def _browser() -> str:
    """The same after a reload, another one on a colleague's machine; nobody can be told by it."""
    address = st.context.ip_address
    here = address if isinstance(address, str) else ""
    words = f"{here} {st.context.headers.get('User-Agent')}"
    return hashlib.sha256(words.encode()).hexdigest()[:32]


@st.cache_resource(show_spinner=False)
def _books(url: str) -> TeamBooks:
    return TeamBooks(TeamDatabase(url))
