"""Images of each class, stacked by split."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from core.charts import theme

# Orange means "unfrozen" everywhere else, so it is not used for a split.
_COLOURS = {"train": theme.FROZEN_LINE, "val": theme.FROZEN, "test": theme.MUTED}


def figure(manifest: pd.DataFrame) -> go.Figure:
    """Draws one bar a class.

    Args:
        manifest: Columns `class_name`, `split`, `usable`.

    Returns:
        A stacked bar chart of usable images.
    """
    usable = manifest[manifest["usable"]]
    counts = usable.groupby(["class_name", "split"]).size().unstack(fill_value=0)
    chart = go.Figure(
        layout=theme.layout(
            320,
            barmode="stack",
            xaxis=theme.axis("", type="category"),
            yaxis=theme.axis("images"),
            hovermode="x unified",
        )
    )
    for split, colour in _COLOURS.items():
        if split in counts:
            values = counts[split].to_numpy()
            chart.add_bar(
                x=list(counts.index),
                y=values,
                name=split,
                marker={"color": colour, "line": {"width": 0}},
            )
    return chart
