"""What a page shows stands in its address, so that a colleague who gets the link sees the same."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st


def link(name: str, key: str, options: Collection[str], default: str) -> str:
    """Lets a widget begin with what the address names, and the address follow the widget.

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
    """What the address names; "" where it does not."""
    return str(st.query_params.get(name, ""))


def show(name: str, value: str, default: str = "") -> None:
    """Lets the address name a value that is not the default."""
    if value == default:
        st.query_params.pop(name, None)
    elif linked(name) != value:
        st.query_params[name] = value
