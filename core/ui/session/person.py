"""User of this session and how they are identified: not at all, by login, or by a proxy.

The login is Streamlit's own, by OpenID Connect, and is switched on by the `[auth]` section of
`.streamlit/secrets.toml` alone. A proxy that has asked already is named by
`server.trustedUserHeaders`. Where the operator wanted either and it cannot be used, nobody gets in:
a slip of the pen must not open the door.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import NotAllowedError
from core.language import tr
from core.team.browsers import BROWSER_COOKIE, browser_in
from core.team.people import ANYBODY, Person, person_of
from core.ui.session.stores import settings


class Way(StrEnum):
    """Kinds of sign-in."""

    OPEN = "open"
    LOGIN = "login"
    PROXY = "proxy"
    BROKEN = "broken"


def has_to_sign_in() -> bool:
    """Return whether users have to sign in; for the server, which asks outside of a page."""
    if st.get_option("server.trustedUserHeaders"):
        return True
    return (st.secrets.load_if_toml_exists() and "auth" in st.secrets) or _has_unusable_secrets()


def way_in() -> Way:
    """Kind of sign-in that the operator has configured."""
    if st.get_option("server.trustedUserHeaders"):
        return Way.PROXY
    # Streamlit tells of `is_logged_in` where there is an `[auth]` section, and only there.
    if "is_logged_in" in st.user:
        return Way.LOGIN
    return Way.BROKEN if _has_unusable_secrets() else Way.OPEN


def claims() -> Mapping[str, Any] | None:
    """Claims of the identity provider or proxy about the user; None for nobody."""
    told = dict(st.user.to_dict())
    if way_in() is Way.LOGIN:
        return told if told.get("is_logged_in") is True else None
    return told if told.get("email") else None


def sign_in_is_over() -> bool:
    """Return True if the sign-in has expired.

    Streamlit's cookie holds for thirty days; the token says when it was issued (`iat`, OpenID
    Connect Core 1.0, section 2).
    """
    told = claims() if way_in() is Way.LOGIN else None
    issued = (told or {}).get("iat")
    if not isinstance(issued, int | float):
        return False
    return time.time() - issued > 3600 * settings().limit_login_hours


def person() -> Person:
    """User of this session; `ANYBODY` without a login.

    Every action asks, so that nobody acts in a page that was opened when they still could. The page
    runs anew then, and its gate tells them.

    Raises:
        NotAllowedError: If nobody is signed in, or who is may not use the app, outside of a page.
    """
    try:
        return admitted_person()
    except NotAllowedError:
        st.rerun()
        raise


def providers() -> list[str]:
    """Names of the providers in `[auth]`; `default` for one that has no section of its own."""
    auth = st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
    sections = [n for n, v in (auth or {}).items() if isinstance(v, Mapping) and "client_id" in v]
    return sections or ["default"]


def browser() -> str:
    """Return the browser of this session, as the server named it; "" for none."""
    return browser_in(st.context.cookies.get(BROWSER_COOKIE))


def admitted_person() -> Person:
    """As `person`, for the gate, which itself tells who may not."""
    way = way_in()
    if way is Way.OPEN:
        return ANYBODY
    told = claims() if way is not Way.BROKEN else None
    if told is None:
        raise NotAllowedError(tr("Nobody is signed in."), tr("Sign in first."))
    if sign_in_is_over():
        raise NotAllowedError(tr("Your sign-in has ended."), tr("Load the page and sign in again."))
    if not told.get("email"):
        raise NotAllowedError(
            tr("The provider did not tell your e-mail address, by which people are known here."),
            tr("Allow it to, and sign in again."),
        )
    return person_of(told, settings())


def _has_unusable_secrets() -> bool:
    """Return True if a secrets file exists that is unreadable or has an empty `[auth]`."""
    if st.secrets.load_if_toml_exists():
        return "auth" in st.secrets
    return any(Path(name).exists() for name in st.get_option("secrets.files"))
