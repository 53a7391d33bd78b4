"""The same training with other seeds: one row a seed, head and fine-tuned model on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import FROZEN_LINE, MUTED, UNFROZEN, axis, layout
from core.language import tr

ROW_HEIGHT = 30


def figure(
    table: pd.DataFrame, names: tuple[str, str], this_run: tuple[float, float] | None = None
) -> go.Figure:
    """Draws the accuracies of every seed, joined where there are two, with their means.

    Args:
        table: The table of `core.evaluation.seed_noise.SeedNoise`.
        names: What to call the head and the model that was fine-tuned from it.
        this_run: Both accuracies of the run that the seeds were asked for, as shares; drawn as
            rings above the seeds.

    Returns:
        The figure; its x axis is in percent.
    """
    titles = [str(tr("seed {seed}", seed=str(seed))) for seed in table["seed"]]
    values = 100 * table[["head", "tuned"]].to_numpy(dtype=np.float64)
    if this_run is not None:
        titles = [str(tr("this run")), *titles]
        values = np.vstack([100 * np.asarray(this_run, dtype=np.float64), values])
    places = np.arange(len(titles))
    chart = go.Figure(_joins(values, places))
    for place, (column, colour) in enumerate((("head", FROZEN_LINE), ("tuned", UNFROZEN))):
        if table[column].notna().any():
            mean = 100 * float(table[column].mean())
            chart.add_vline(x=mean, line={"color": colour, "width": 1, "dash": "dot"})
        if np.isfinite(values[:, place]).any():
            chart.add_trace(_dots(values[:, place], places, titles, names[place], colour))
    chart.update_layout(
        layout(
            84 + ROW_HEIGHT * len(titles),
            margin={"l": 8, "r": 16, "t": 30, "b": 8},
            xaxis=axis(tr("right on the test images"), ticksuffix=" %", nticks=5),
            yaxis=axis(
                tickvals=places,
                ticktext=titles,
                range=[len(titles) - 0.4, -0.6],
                showgrid=False,
                fixedrange=True,
            ),
        )
    )
    return chart


def _dots(
    values: np.ndarray, places: np.ndarray, titles: list[str], name: str, colour: str
) -> go.Scatter:
    this = tr("this run")
    symbols = ["circle-open" if title == this else "circle" for title in titles]
    return go.Scatter(
        x=values,
        y=places,
        name=name,
        mode="markers",
        marker={
            "color": colour,
            "size": 11,
            "symbol": symbols,
            "line": {"color": colour, "width": 2},
        },
        text=titles,
        hovertemplate="%{text}: %{x:.2f} %<extra>" + name + "</extra>",
    )


def _joins(values: np.ndarray, places: np.ndarray) -> go.Scatter:
    both = np.isfinite(values).all(axis=1)
    gaps = np.full(int(both.sum()), np.nan)
    # NaN between two points lifts the pen.
    return go.Scatter(
        x=np.stack([*values[both].T, gaps], axis=1).ravel(),
        y=np.stack([places[both], places[both], gaps], axis=1).ravel(),
        mode="lines",
        line={"color": MUTED, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
