"""Administration: limits and health checks."""

from __future__ import annotations

import dataclasses

import pandas as pd
import streamlit as st

from core.doctor import Finding, Level, Listening, configured, examine
from core.errors import TeamError
from core.language import number, tr
from core.settings import APP_ROOT
from core.team.people import Role
from core.ui import session
from core.ui.cards import error_card
from core.ui.session import Way
from core.ui.text import plain, size_words

_ICONS = {
    Level.PROBLEM: ":material/error:",
    Level.WARNING: ":material/warning:",
    Level.OK: ":material/check_circle:",
}


def administration() -> None:
    """Show the administration to admins, and to everyone without a login; computed only while
    open."""
    if session.team().person.role is not Role.ADMIN:
        return
    shown = st.expander(
        tr("Administration"),
        icon=":material/admin_panel_settings:",
        key="administration",
        on_change="rerun",
    )
    if not shown.open:
        return
    with shown:
        st.markdown(tr("**Limits**"))
        _limits()
        st.markdown(tr("**This installation**"))
        with st.spinner(tr("Looking at the installation")):
            _findings(examine(session.settings(), _listening()))


def _listening() -> Listening:
    """Reachability of this server, command line included."""
    return dataclasses.replace(
        configured(APP_ROOT),
        address=st.get_option("server.address") or "",
        port=int(st.get_option("server.port")),
        login=session.way_in() is not Way.OPEN,
    )


def _limits() -> None:
    try:
        standing = session.team().facts.limits()
    except TeamError as error:
        error_card(error)
        return
    rows = [
        (variable, _amount(variable, taken), _amount(variable, most), 100 * taken / max(most, 1))
        for variable, taken, most in standing
    ]
    names = [tr("setting"), tr("taken"), tr("limit"), tr("share")]
    st.dataframe(
        pd.DataFrame(rows, columns=names),
        hide_index=True,
        column_config={
            names[3]: st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)
        },
    )
    st.caption(tr("Each is an environment variable; those ending in EACH are yours here."))


def _amount(variable: str, value: int) -> str:
    return size_words(value) if "_BYTES" in variable else number(value)


def _findings(findings: list[Finding]) -> None:
    """The worst first."""
    levels = list(_ICONS)
    for finding in sorted(findings, key=lambda found: levels.index(found.level)):
        way_out = f"  \n:small[{plain(finding.way_out)}]" if finding.way_out else ""
        area = f"**{plain(finding.area)}**"
        st.markdown(f"{_ICONS[finding.level]} {area}: {plain(finding.what)}{way_out}")
