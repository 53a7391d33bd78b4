"""The foot of the sidebar: who is signed in, or that nobody has to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlparse

import streamlit as st

from core.language import tr
from core.team.people import ROLE_WORDS
from core.ui import session
from core.ui.session import Way
from core.ui.team.sign_in import sign_out_button
from core.ui.text import plain

_HERE = ("localhost", "127.0.0.1", "::1")
# What a proxy adds: the request then came from another machine, wherever the app listens.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


def show_account() -> None:
    """Show the signed-in user, their role and sign-out; without a login, who can reach the app."""
    way = session.way_in()
    if way is Way.OPEN:
        _say_open()
        return
    person = session.person()
    with st.container(key="account"):
        role = tr(ROLE_WORDS[person.role])
        st.markdown(f":material/account_circle: **{plain(person.name)}** · {role}")
        if person.email != person.name:
            st.caption(plain(person.email))
        if way is Way.LOGIN:
            sign_out_button()


def _say_open() -> None:
    if reached_from_here_alone(st.get_option("server.address"), st.context.headers):
        words = tr("No login: anybody who reaches this address can use it. Only this machine does.")
    else:
        words = tr(
            "No login: anybody who reaches this address can use it, look at the images and "
            "delete them. README tells how to ask people to sign in."
        )
    st.caption(f":material/lock_open: {words}")


def reached_from_here_alone(address: str | None, headers: Mapping[str, str]) -> bool:
    """Return True if the app listens on this machine alone and no proxy forwards others to it.

    Args:
        address: Where it listens.
        headers: Of the request.
    """
    host = urlparse(f"//{headers.get('Host') or 'localhost'}").hostname
    forwarded = any(headers.get(name) for name in _FORWARDED)
    return address in _HERE and host in _HERE and not forwarded
