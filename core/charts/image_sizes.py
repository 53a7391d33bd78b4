"""Width against height of every image."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from core.charts import theme
from core.language import tr

MAX_POINTS = 1000


def figure(manifest: pd.DataFrame) -> go.Figure:
    """Draws one circle a size, larger where more images have it.

    Args:
        manifest: Columns `width` and `height` in pixels, `usable`.

    Returns:
        A scatter plot; of the commonest sizes where there are more than a thousand.
    """
    usable = manifest[manifest["usable"]]
    sizes = usable.groupby(["width", "height"]).size().nlargest(MAX_POINTS)
    widths = sizes.index.get_level_values(0).to_numpy()
    heights = sizes.index.get_level_values(1).to_numpy()
    counts = sizes.to_numpy()
    largest = max(1, int(counts.max())) if len(counts) else 1
    chart = go.Figure(
        layout=theme.layout(
            320,
            xaxis=theme.axis(tr("width, px"), rangemode="tozero"),
            yaxis=theme.axis(tr("height, px"), rangemode="tozero"),
        )
    )
    chart.add_scatter(
        x=widths,
        y=heights,
        mode="markers",
        customdata=counts,
        marker={
            "size": 6 + 22 * (counts / largest) ** 0.5,
            "color": theme.FROZEN_LINE,
            "opacity": 0.55,
        },
        hovertemplate=tr("%{x} x %{y} px: %{customdata} images") + "<extra></extra>",
        showlegend=False,
    )
    return chart
