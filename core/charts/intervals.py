"""Two accuracies with their intervals, one above the other on the same scale."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts.theme import FROZEN_LINE, UNFROZEN, axis, layout
from core.evaluation.intervals import Interval
from core.language import number, tr

COLOURS = (FROZEN_LINE, UNFROZEN)


def figure(rows: Sequence[tuple[str, Interval]]) -> go.Figure:
    """Draws a band from limit to limit with the estimate on it, for each row.

    Args:
        rows: Name and accuracy (shares between 0 and 1), from the top down; the first is drawn
            in the head's colour, the second in the fine-tuned model's.

    Returns:
        The figure; its x axis is in percent.
    """
    chart = go.Figure()
    for place, (name, interval) in enumerate(rows):
        colour = COLOURS[place % len(COLOURS)]
        level, middle = -place, 100 * interval.estimate
        chart.add_trace(
            go.Scatter(
                x=[100 * interval.low, 100 * interval.high],
                y=[level, level],
                mode="lines",
                line={"color": colour, "width": 12},
                opacity=0.35,
                hoverinfo="skip",
            )
        )
        chart.add_trace(
            go.Scatter(
                x=[middle],
                y=[level],
                mode="markers+text",
                marker={"color": colour, "size": 14},
                text=[f"{name} <b>{number(middle, 1)} %</b>"],
                textposition=_side(middle, _limits(rows)),
                cliponaxis=False,
                hovertemplate=f"{name}: {number(middle, 1)} %<br>{_words(interval)}<extra></extra>",
            )
        )
    chart.update_layout(
        layout(
            70 + 62 * len(rows),
            margin={"l": 8, "r": 8, "t": 8, "b": 28},
            showlegend=False,
            xaxis=axis(ticksuffix=" %", range=_limits(rows), nticks=6),
            yaxis={"visible": False, "range": [-len(rows) + 0.5, 0.75], "fixedrange": True},
        )
    )
    return chart


def _side(middle: float, limits: Sequence[float]) -> str:
    """Choose the side of a label so that it is not cut off on a narrow page."""
    place = (middle - limits[0]) / (limits[1] - limits[0])
    return "top left" if place > 0.6 else "top right" if place < 0.4 else "top center"


def _words(interval: Interval) -> str:
    low, high = number(100 * interval.low, 1), number(100 * interval.high, 1)
    return tr("95 % interval {low} to {high} %", low=low, high=high)


def _limits(rows: Sequence[tuple[str, Interval]]) -> list[float]:
    low = min(100 * interval.low for _, interval in rows)
    high = max(100 * interval.high for _, interval in rows)
    # Names stand above their dots: they need room on both sides.
    room = max(0.35 * (high - low), 1.0)
    return [max(low - room, -5.0), min(high + room, 105.0)]
