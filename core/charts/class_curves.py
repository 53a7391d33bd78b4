"""ROC or precision-recall curves of one class for several models."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import FROZEN_LINE, UNFROZEN, axis, layout

COLOURS = (FROZEN_LINE, UNFROZEN)


def figure(
    curves: Sequence[tuple[str, pd.DataFrame]], x: str, y: str, x_title: str, y_title: str
) -> go.Figure:
    """Draws the curves on axes from 0 to 100 %.

    Args:
        curves: Name and table of each model; the first is drawn in the head's colour.
        x: Column of the x axis, a share between 0 and 1.
        y: Column of the y axis.
        x_title: What x is, in words.
        y_title: What y is.

    Returns:
        The figure.
    """
    chart = go.Figure()
    for place, (name, table) in enumerate(curves):
        colour = COLOURS[place % len(COLOURS)]
        chart.add_trace(
            go.Scatter(
                x=100 * table[x].to_numpy(),
                y=100 * table[y].to_numpy(),
                name=name,
                mode="lines",
                line={"color": colour, "width": 2, "shape": "hv"},
            )
        )
    chart.update_layout(
        layout(
            320,
            xaxis=axis(f"{x_title}, %", range=[-2, 102]),
            yaxis=axis(f"{y_title}, %", range=[-2, 104]),
        )
    )
    return chart
