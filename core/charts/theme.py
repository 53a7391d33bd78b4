"""Colours and layout that every chart shares: frozen is ice blue, unfrozen is warm orange.

Backgrounds are transparent and text takes the page's colour, so that one figure fits the light
and the dark theme.
"""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go

from core.language import language

FROZEN = "#A9D3EE"
FROZEN_LINE = "#2B8AC6"
UNFROZEN = "#E8590C"
# For lines and marks, on white and on the dark theme's background. Text takes the page's ink.
MUTED = "#7C8B9A"
FONT = '"Source Sans", "Source Sans Pro", sans-serif'
GRID = "rgba(124, 139, 154, 0.25)"
FROZEN_SHADE = "rgba(43, 138, 198, 0.10)"
UNFROZEN_SHADE = "rgba(232, 89, 12, 0.10)"
INK_ON_FROZEN = "#12415F"
INK_ON_UNFROZEN = "#FFFFFF"


def layout(height: int, **changes: Any) -> go.Layout:
    """A layout with the house's margins, fonts and transparent backgrounds.

    Args:
        height: In pixels.
        **changes: Any of Plotly's layout properties.
    """
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 56, "r": 16, "t": 28, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 13, "family": FONT},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        "hoverlabel": {"font": {"size": 13}},
    }
    if language() == "ru":
        # For the numbers that the browser writes: the decimal comma, and a space for thousands.
        base["separators"] = ",\u00a0"
    return go.Layout({**base, **changes})


def literal(text: str) -> str:
    """A user's text, such as a class name, as Plotly shows it and never reads it.

    Plotly takes `<b>` or `<a href=...>` in labels as markup, and `%{...}` in templates as a value.
    """
    return escape(text, quote=False).replace("%{", "&#37;{")


def keyed(colour: str, text: str) -> str:
    """Text in the page's ink behind a square of a colour: orange or blue letters are too pale."""
    return f'<span style="color:{colour}">■</span> {text}'


def axis(title: str = "", **changes: Any) -> dict[str, Any]:
    """An axis with a title that keeps clear of its labels, and a quiet grid."""
    return {
        "title": {"text": title, "standoff": 16},
        "automargin": True,
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        **changes,
    }
