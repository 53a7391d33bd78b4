"""Images of each class, stacked by split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.charts import theme
from core.language import mark, tr

# Orange means "unfrozen" everywhere else, so it is not used for a split.
_COLOURS = {"train": theme.FROZEN_LINE, "val": theme.FROZEN, "test": theme.MUTED}
_NAMES = {"train": mark("training"), "val": mark("validation"), "test": mark("test")}

# Letters of a name below its bar: longer ones would take the bars' room. The whole name is told
# when the pointer is on its bar.
_LETTERS = 16
# Names that fit side by side; of more, Plotly leaves some out.
_MANY = 40


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
            xaxis=theme.axis("", type="category", **_short_ticks(list(counts.index))),
            yaxis=theme.axis(tr("images")),
            hovermode="x unified",
        )
    )
    for split, colour in _COLOURS.items():
        if split in counts:
            values = counts[split].to_numpy()
            chart.add_bar(
                x=[theme.literal(name) for name in counts.index],
                y=values,
                name=tr(_NAMES[split]),
                marker={"color": colour, "line": {"width": 0}},
            )
    return chart


def _short_ticks(names: Sequence[str]) -> dict[str, Any]:
    if len(names) > _MANY or all(len(name) <= _LETTERS for name in names):
        return {}
    short = [n if len(n) <= _LETTERS else f"{n[: _LETTERS - 1].rstrip()}…" for n in names]
    shown = [theme.literal(name) for name in names]
    return {
        "tickmode": "array",
        "tickvals": shown,
        "ticktext": [theme.literal(name) for name in short],
    }
