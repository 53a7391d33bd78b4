"""The mean image of each class, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts import theme
from core.language import tr

COLUMNS = 6
_ROW_HEIGHT = 190


def figure(means: np.ndarray[Any, Any], class_names: Sequence[str]) -> go.Figure:
    """Draws one picture a class.

    Args:
        means: uint8 `(classes, height, width, 3)`, RGB in [0, 255].
        class_names: Their names, in the same order.

    Returns:
        A grid of pictures, six in a row; pointing at one shows its pixels' values.
    """
    columns = min(COLUMNS, len(class_names))
    rows = ceil(len(class_names) / columns)
    chart = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[theme.literal(name) for name in class_names],
        horizontal_spacing=0.02,
        vertical_spacing=0.2 / rows,
    )
    for place, (name, pixels) in enumerate(zip(class_names, means, strict=True)):
        row, column = divmod(place, columns)
        picture = go.Image(
            z=pixels,
            name=theme.literal(name),
            hovertemplate=tr("red %{z[0]}, green %{z[1]}, blue %{z[2]}")
            + "<extra>%{fullData.name}</extra>",
        )
        chart.add_trace(picture, row=row + 1, col=column + 1)
    chart.update_layout(theme.layout(_ROW_HEIGHT * rows + 40, margin={"l": 8, "r": 8, "t": 32}))
    chart.update_xaxes(visible=False)
    chart.update_yaxes(visible=False)
    chart.update_annotations(font={"size": 13})
    return chart
