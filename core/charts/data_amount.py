"""Accuracy by number of training images, on validation and test, with intervals."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import FROZEN_LINE, MUTED, axis, layout
from core.language import mark, number, tr

_SPLITS = (
    ("val", mark("validation"), MUTED, "dot"),
    ("test", mark("test"), FROZEN_LINE, "solid"),
)


def figure(table: pd.DataFrame) -> go.Figure:
    """Draws a line with intervals for each split that has images.

    Args:
        table: The table of `core.evaluation.data_amount.DataAmount`.

    Returns:
        The figure; its y axis is in percent.
    """
    chart = go.Figure()
    images = table["images"].to_numpy(dtype=float)
    # Side by side, so that neither interval hides the other.
    aside = 0.006 * images.max()
    for place, (split, name, colour, dash) in enumerate(_SPLITS):
        values = 100 * table[split].to_numpy(dtype=float)
        if table[split].isna().all():
            continue
        low, high = (100 * table[f"{split}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        chart.add_trace(
            go.Scatter(
                x=images + (2 * place - 1) * aside,
                y=values,
                name=tr(name),
                mode="lines+markers",
                line={"color": colour, "width": 2, "dash": dash},
                marker={"size": 9},
                error_y={
                    "type": "data",
                    "array": high - values,
                    "arrayminus": values - low,
                    "color": colour,
                    "thickness": 1.5,
                    "width": 4,
                },
                text=[number(count) for count in images],
                hovertemplate=tr("%{text} training images: %{y:.1f} %")
                + f"<extra>{tr(name)}</extra>",
            )
        )
    ticks = images.tolist()
    chart.update_layout(
        layout(
            300,
            xaxis=axis(
                tr("training images"),
                tickvals=ticks,
                ticktext=[number(count) for count in ticks],
                range=[0, 1.05 * images.max()],
            ),
            yaxis=axis(tr("right"), ticksuffix=" %", nticks=6),
        )
    )
    return chart
