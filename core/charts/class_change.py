"""Recall of each class before and after, joined by a line that shows the change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import FROZEN_LINE, MUTED, UNFROZEN, axis, layout, literal
from core.language import tr


def figure(table: pd.DataFrame, measure: str, before: str, after: str) -> go.Figure:
    """Draws one line a class, the largest loss at the top.

    Args:
        table: What `core.evaluation.metrics.per_class_change` makes.
        measure: `precision`, `recall` or `f1`.
        before: Name of the first model.
        after: Name of the second one.

    Returns:
        The figure; its x axis is in percent.
    """
    known = table.dropna(subset=[f"{measure}_before", f"{measure}_after"])
    ordered = known.sort_values(f"{measure}_change", ascending=False, kind="stable")
    names = [literal(name) for name in ordered["class_name"].astype(str)]
    places = np.arange(len(names))
    first = 100 * ordered[f"{measure}_before"].to_numpy()
    second = 100 * ordered[f"{measure}_after"].to_numpy()
    chart = go.Figure(_joins(first, second, places))
    limits = [
        100 * ordered[[f"{measure}_{side}_low", f"{measure}_{side}_high"]].to_numpy()
        for side in ("before", "after")
    ]
    # The first dot is the larger one: where nothing changed it shows as a ring around the second.
    sides = (
        (first, limits[0], before, FROZEN_LINE, 14),
        (second, limits[1], after, UNFROZEN, 9),
    )
    for values, ranges, name, colour, size in sides:
        chart.add_trace(
            go.Scatter(
                x=values,
                y=places,
                name=name,
                mode="markers",
                marker={"color": colour, "size": size},
                text=names,
                customdata=ranges,
                hovertemplate="%{text}: %{x:.1f} %<br>"
                + tr("95 % interval %{customdata[0]:.0f} to %{customdata[1]:.0f} %")
                + f"<extra>{name}</extra>",
            )
        )
    chart.update_layout(
        layout(
            int(np.clip(110 + 24 * len(names), 200, 1200)),
            margin={"l": 8, "r": 16, "t": 30, "b": 8},
            xaxis=axis(ticksuffix=" %"),
            yaxis=axis(tickvals=places, ticktext=names, automargin=True),
        )
    )
    return chart


def _joins(first: np.ndarray, second: np.ndarray, places: np.ndarray) -> go.Scatter:
    gaps = np.full(len(places), np.nan)
    # NaN between two points lifts the pen.
    return go.Scatter(
        x=np.stack([first, second, gaps], axis=1).ravel(),
        y=np.stack([places, places, gaps], axis=1).ravel(),
        mode="lines",
        line={"color": MUTED, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
