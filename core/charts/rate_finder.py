"""A rate test: loss against learning rate, with the rate to take marked."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from core.charts import theme
from core.evaluation.rate_curve import RateCurve
from core.language import tr


def figure(curve: RateCurve, suggested: float, label: str) -> go.Figure:
    """Draws each step's loss, the smoothed curve, and the suggested rate.

    Args:
        curve: The test.
        suggested: The rate to mark.
        label: That rate as people write it.
    """
    rates, smoothed = list(curve.rates), curve.smoothed
    chart = go.Figure(
        layout=theme.layout(
            230,
            margin={"l": 44, "r": 8, "t": 26, "b": 40},
            showlegend=False,
            xaxis=theme.axis(tr("learning rate"), type="log", dtick=2, exponentformat="e"),
            yaxis=theme.axis(tr("loss"), range=[0, 1.08 * float(smoothed.max())]),
        )
    )
    chart.add_scatter(
        x=rates,
        y=list(curve.losses),
        mode="markers",
        name=tr("one batch"),
        marker={"color": theme.MUTED, "size": 4, "opacity": 0.5},
        hoverinfo="skip",
    )
    chart.add_scatter(
        x=rates,
        y=smoothed,
        mode="lines",
        name=tr("smoothed"),
        line={"color": theme.FROZEN_LINE, "width": 2.5},
        hovertemplate=tr("rate %{x:.1e}<br>loss %{y:.3f}") + "<extra></extra>",
    )
    chart.add_vline(x=suggested, line={"color": theme.UNFROZEN, "width": 2, "dash": "dash"})
    # On a logarithmic axis Plotly takes the place of a note as an exponent, that of a line as a
    # value.
    chart.add_annotation(
        x=math.log10(suggested),
        y=1,
        yref="paper",
        yanchor="bottom",
        text=theme.keyed(theme.UNFROZEN, label),
        showarrow=False,
    )
    return chart
