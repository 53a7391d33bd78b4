"""Relative change of each weight by fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import plotly.graph_objects as go

from core.charts import theme
from core.language import tr

ROW_HEIGHT = 18
MAX_ROWS = 60


def block_movement(movement: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Relative change of each block: the median over its kernels, as a share of their norm.

    Args:
        movement: Rows of the proof, as of `figure`.

    Returns:
        Shares by the name of the block; `head` for the head. Of a block without a kernel, the
        median over all its weights.
    """
    found: dict[str, list[float]] = {}
    kernels = {row["block"] for row in movement if "kernel" in row["weight"]}
    for row in movement:
        # A bias begins at zero, so that its share says little.
        if "kernel" in row["weight"] or row["block"] not in kernels:
            found.setdefault(row["block"], []).append(float(row["relative"]))
    return {name: median(shares) for name, shares in found.items()}


def figure(movement: Sequence[dict[str, Any]]) -> go.Figure:
    """Draws one bar a weight, in the model's order from top to bottom.

    Args:
        movement: Rows of the proof: `layer`, `weight`, `block` and `relative`, the share
            ||w1 - w0|| / ||w0||.

    Returns:
        A bar chart in percent; of the kernels alone where there are many weights.
    """
    rows = list(movement)
    if len(rows) > MAX_ROWS:
        rows = [row for row in rows if "kernel" in row["weight"]][:MAX_ROWS]
    names = [f"{row['layer']} {row['weight']}" for row in rows]
    chart = go.Figure(
        layout=theme.layout(
            80 + ROW_HEIGHT * len(rows),
            xaxis=theme.axis(tr("moved, % of its size"), rangemode="tozero"),
            yaxis=theme.axis("", autorange="reversed", type="category", dtick=1),
        )
    )
    chart.add_bar(
        x=[100 * row["relative"] for row in rows],
        y=names,
        orientation="h",
        marker={"color": theme.UNFROZEN, "line": {"width": 0}},
        hovertemplate="%{y}: %{x:.2f} %<extra></extra>",
        showlegend=False,
    )
    return chart
