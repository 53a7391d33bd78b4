"""A reliability diagram: how often a model is right, by how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import FROZEN_LINE, MUTED, UNFROZEN, axis, layout
from core.language import tr

COLOURS = (FROZEN_LINE, UNFROZEN)


def figure(models: Sequence[tuple[str, pd.DataFrame]]) -> go.Figure:
    """Draws accuracy over confidence, with the diagonal on which both are equal.

    Args:
        models: Name, and what `core.evaluation.calibration.reliability` makes, of each; the first
            is drawn in the head's colour, the second in the fine-tuned model's.

    Returns:
        The figure; both axes are in percent.
    """
    chart = go.Figure()
    chart.add_trace(
        go.Scatter(
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            line={"color": MUTED, "dash": "dot", "width": 1},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    for place, (name, table) in enumerate(models):
        chart.add_trace(_curve(name, table, COLOURS[place % len(COLOURS)]))
    low = min([100 * float(t["confidence"].min()) for _, t in models if len(t)], default=0.0)
    chart.update_layout(
        layout(
            340,
            xaxis=axis(tr("how sure, %"), range=[max(0.0, low - 5), 102]),
            yaxis=axis(tr("how often right, %"), range=[-2, 104]),
        )
    )
    return chart


def _curve(name: str, table: pd.DataFrame, colour: str) -> go.Scatter:
    values = {column: 100 * table[column].to_numpy() for column in table if column != "images"}
    images = table["images"].to_numpy()
    return go.Scatter(
        x=values["confidence"],
        y=values["accuracy"],
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"size": 6 + 12 * np.sqrt(images / images.max()), "color": colour},
        error_y={
            "array": values["accuracy_high"] - values["accuracy"],
            "arrayminus": values["accuracy"] - values["accuracy_low"],
            "thickness": 1,
            "width": 0,
        },
        customdata=images,
        hovertemplate=tr("%{x:.0f} % sure, %{y:.0f} % right, %{customdata:,} images")
        + f"<extra>{name}</extra>",
    )
