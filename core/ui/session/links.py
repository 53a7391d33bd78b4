"""Links: a page's state is in its URL, so that a colleague who opens it sees the same."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st


def link(name: str, key: str, options: Collection[str], default: str) -> str:
    """Bind a widget to a URL parameter in both directions.

    Streamlit's own binding writes an option as it is shown: such a link would open nothing in
    another language, or once a number in it has changed. Call this right before the widget, which
    then has its default from here.

    Args:
        name: Of the query parameter.
        key: The widget's.
        options: The widget's, untranslated.
        default: What it shows where the address names nothing, or nothing that is there; it does
            not stand in the address.

    Returns:
        What the widget shows already; "" where it begins now, from here. A widget that the browser
        draws later, as in a popover, begins with its own default: there, this must be it.
    """
    shown = st.session_state.get(key)
    if shown not in options:
        named = st.query_params.get(name)
        st.session_state[key] = named if named in options else default
    show(name, st.session_state[key], default)
    return str(shown) if shown in options else ""


def linked(name: str) -> str:
    """Value of a URL parameter; "" where it is missing."""
    return str(st.query_params.get(name, ""))


def show(name: str, value: str, default: str = "") -> None:
    """Put a value into the URL unless it is the default."""
    if value == default:
        st.query_params.pop(name, None)
    elif linked(name) != value:
        st.query_params[name] = value
