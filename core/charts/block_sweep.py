"""Validation accuracy by unfrozen block: from each block on, and each alone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import FROZEN_LINE, MUTED, UNFROZEN, axis, layout
from core.language import mark, tr

_SCOPES = (
    ("from", mark("from this block on"), "circle", -0.12),
    ("only", mark("this block alone"), "diamond-open", 0.12),
)
PALE = 0.35


def figure(
    table: pd.DataFrame,
    blocks: Sequence[tuple[str, str]],
    head_accuracy: float | None = None,
    head_longer: float | None = None,
) -> go.Figure:
    """Draws each choice with its interval over the block that it begins with.

    Args:
        table: The table of `core.evaluation.block_sweep.Sweep`.
        blocks: Name and title of every block, in the backbone's order.
        head_accuracy: The head's validation accuracy before any of it, as a share.
        head_longer: That of the head alone, trained on as long as the others.

    Returns:
        The figure; its y axis is in percent. Choices that are worse than the best beyond noise
        are pale.
    """
    chart = go.Figure()
    places = {name: place for place, (name, _) in enumerate(blocks)}
    for accuracy, title, colour in (
        (head_accuracy, tr("the head before"), FROZEN_LINE),
        (head_longer, tr("the head alone, as long"), MUTED),
    ):
        if accuracy is not None:
            chart.add_trace(_level(100 * accuracy, title, colour, len(blocks)))
    for scope, name, symbol, aside in _SCOPES:
        rows = table[table["scope"] == scope]
        if len(rows):
            chart.add_trace(_marks(rows, places, tr(name), symbol, aside))
    chart.update_layout(
        layout(
            340,
            xaxis=axis(
                "",
                tickvals=list(places.values()),
                ticktext=[title for _, title in blocks],
                range=[-0.5, len(blocks) - 0.5],
                showgrid=False,
            ),
            yaxis=axis(tr("right on validation"), ticksuffix=" %", nticks=7),
        )
    )
    return chart


def _marks(
    rows: pd.DataFrame, places: dict[str, int], name: str, symbol: str, aside: float
) -> go.Scatter:
    values = 100 * rows["accuracy"].to_numpy(dtype=float)
    return go.Scatter(
        x=[places[block] + aside for block in rows["block"]],
        y=values,
        name=name,
        mode="markers",
        marker={
            "color": UNFROZEN,
            "size": 11,
            "symbol": symbol,
            "opacity": [1.0 if tied else PALE for tied in rows["tied"]],
            "line": {"color": UNFROZEN, "width": 2},
        },
        error_y={
            "type": "data",
            "array": 100 * rows["high"].to_numpy(dtype=float) - values,
            "arrayminus": values - 100 * rows["low"].to_numpy(dtype=float),
            "color": MUTED,
            "thickness": 1,
            "width": 4,
        },
        text=rows["name"].to_list(),
        hovertemplate=tr("%{text}: %{y:.1f} % on validation") + "<extra></extra>",
    )


def _level(value: float, name: str, colour: str, blocks: int) -> go.Scatter:
    return go.Scatter(
        x=[-0.5, blocks - 0.5],
        y=[value, value],
        name=name,
        mode="lines",
        line={"color": colour, "width": 2, "dash": "dot"},
        hovertemplate=f"{name}: %{{y:.1f}} %<extra></extra>",
    )
