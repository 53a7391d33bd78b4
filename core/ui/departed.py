"""Sessions of people who have left are dropped in time, with the files that they had uploaded.

Streamlit keeps a session for two minutes after its connection was lost, so that it can come back;
up to 128 of them. But it looks for those whose time is over only when another one leaves: what the
last people of a day had uploaded would stay in memory until somebody comes and goes.
"""

from __future__ import annotations

import asyncio
from typing import Any

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime import exists as runtime_exists

_EVERY_S = 60.0


def drop_departed() -> None:
    """From the first call on, drops sessions whose time is over, as long as the server runs."""
    if runtime_exists():
        _dropping(id(Runtime.instance()))


def drop_expired(manager: Any) -> None:
    """Drops the sessions of a `WebsocketSessionManager` that nobody can come back to."""
    with manager._storage_lock:
        manager._session_storage._cache.expire()


@st.cache_resource(show_spinner=False)
def _dropping(runtime_id: int) -> asyncio.Handle:
    """The runtime's rounds; there is one runtime a server, and one for each run in tests."""
    runtime = Runtime.instance()
    # Where Streamlit itself drops them: on its event loop.
    loop = runtime._get_async_objs().eventloop

    def rounds() -> None:
        drop_expired(runtime._session_mgr)
        loop.call_later(_EVERY_S, rounds)

    return loop.call_soon_threadsafe(rounds)
