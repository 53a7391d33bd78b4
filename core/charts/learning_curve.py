"""Accuracy, loss and learning rate by epoch: head and fine-tuning on one time line, with the
border drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts import theme
from core.language import number, plain_number, tr
from core.runs.metrics_log import epoch_rank

HEIGHT = 520
# The rate's axis ends this far below the lowest peak: a rate that falls to nothing leaves it.
_RATE_DECADES = 1.3


@dataclass(frozen=True)
class CurvePart:
    """One stage's part of the time line.

    Attributes:
        title: "head" or "fine-tuning", in the reader's language.
        epochs: With the columns of `core.runs.metrics_log.EPOCH_COLUMNS`.
        batch: The running batch's row of `metrics.jsonl`, or None.
        planned: Epochs that were asked for: the axis has room for them while the run goes on.
        frozen: Whether the whole backbone is frozen in this stage.
        rate: The learning rate at its highest, as it was asked for.
    """

    title: str
    epochs: pd.DataFrame
    batch: dict[str, Any] | None
    planned: int
    frozen: bool
    rate: float


def figure(parts: Sequence[CurvePart]) -> go.Figure:
    """Draws the parts one after the other.

    Args:
        parts: One or two stages, in order.

    Returns:
        A figure with three panels: accuracy in percent, loss, and the learning rate, which is
        small and logarithmic.
    """
    chart = go.Figure(layout=_layout(parts))
    start, total = 0, sum(part.planned for part in parts)
    for part in parts:
        _add_stage(chart, part, start)
        _add_rate(chart, part, start, _rate_range(parts)[0])
        _add_best(chart, part, start, total)
        _add_batch(chart, part, start)
        start += part.planned
    for name, dash in ((tr("training"), "dot"), (tr("validation"), "solid")):
        line = {"color": theme.MUTED, "dash": dash, "width": 2}
        chart.add_scatter(x=[None], y=[None], mode="lines", name=name, line=line)
    return chart


def _layout(parts: Sequence[CurvePart]) -> go.Layout:
    total = max(1, sum(part.planned for part in parts))
    shapes, notes, start = [], [], 0
    for part in parts:
        end = start + part.planned
        fill = theme.FROZEN_SHADE if part.frozen else theme.UNFROZEN_SHADE
        shapes.append(_shade(start + 0.5, end + 0.5, fill))
        notes.append(_stage_name(part, start))
        start = end
    return theme.layout(
        HEIGHT,
        # Keeps the zoom while the data grow, and until the time line gets another length.
        uirevision=f"curve {total}",
        shapes=shapes,
        annotations=notes,
        xaxis=theme.axis(tr("epoch"), range=[0.5, total + 0.5], anchor="y3", **_epoch_ticks(total)),
        yaxis=theme.axis(tr("accuracy, %"), domain=[0.59, 0.97], rangemode="normal"),
        yaxis2=theme.axis(tr("loss"), domain=[0.22, 0.54], anchor="x", rangemode="tozero"),
        yaxis3=_rate_axis(parts),
        hovermode="x unified",
        # One reading for all panels.
        hoversubplots="axis",
    )


def _epoch_ticks(total: int) -> dict[str, Any]:
    """Whole epochs alone: a short time line would get ticks at halves of them."""
    return {"tickformat": "d", **({"dtick": 1} if total <= 10 else {})}


def _rate_axis(parts: Sequence[CurvePart]) -> dict[str, Any]:
    """The stages' rates differ tenfold and more, so by decades; labelled at their peaks."""
    low, high = _rate_range(parts)
    apart = 0.25 * (high - low)
    peaks: list[float] = []
    for peak in sorted({part.rate for part in parts}, reverse=True):
        if not peaks or np.log10(peaks[-1] / peak) > apart:
            peaks.append(peak)
    return theme.axis(
        tr("rate"),
        domain=[0.0, 0.16],
        anchor="x",
        type="log",
        range=[low, high],
        tickvals=peaks,
        ticktext=[plain_number(peak) for peak in peaks],
    )


def _rate_range(parts: Sequence[CurvePart]) -> tuple[float, float]:
    """Ends of the rate's axis, as powers of ten: constant while a run goes on."""
    peaks = [part.rate for part in parts] or [1.0]
    return float(np.log10(min(peaks))) - _RATE_DECADES, float(np.log10(max(peaks))) + 0.3


def _shade(x0: float, x1: float, fill: str) -> dict[str, Any]:
    area = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    return {**area, "x0": x0, "x1": x1, "fillcolor": fill, "line": {"width": 0}}


def _stage_name(part: CurvePart, start: int) -> dict[str, Any]:
    colour = theme.FROZEN_LINE if part.frozen else theme.UNFROZEN
    return {
        "text": theme.keyed(colour, part.title),
        "x": start + 0.6,
        "y": 1.0,
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 13},
    }


def _add_stage(chart: go.Figure, part: CurvePart, start: int) -> None:
    colour = theme.FROZEN_LINE if part.frozen else theme.UNFROZEN
    x = part.epochs["epoch"].to_numpy(float) + start
    for column, dash, panel, factor in (
        ("accuracy", "dot", "y", 100.0),
        ("val_accuracy", "solid", "y", 100.0),
        ("loss", "dot", "y2", 1.0),
        ("val_loss", "solid", "y2", 1.0),
    ):
        values = part.epochs[column].to_numpy(float) * factor
        reading = tr("accuracy %{y:.2f} %") if panel == "y" else tr("loss %{y:.2f}")
        about = tr("validation") if column.startswith("val") else tr("training")
        chart.add_scatter(
            x=x,
            y=values,
            yaxis=panel,
            mode="lines+markers" if len(x) < 40 else "lines",
            marker={"size": 4},
            line={"color": colour, "dash": dash, "width": 2 if dash == "solid" else 1.5},
            name=f"{part.title}, {about}",
            showlegend=False,
            hovertemplate=reading,
        )


def _add_rate(chart: go.Figure, part: CurvePart, start: int, low: float) -> None:
    rate = part.epochs["learning_rate"].to_numpy(float)
    colour = theme.FROZEN_LINE if part.frozen else theme.UNFROZEN
    chart.add_scatter(
        x=part.epochs["epoch"].to_numpy(float) + start,
        # Nothing has no place on a logarithmic axis: the line leaves the panel instead.
        y=np.maximum(rate, 10.0 ** (low - 1)),
        customdata=rate,
        yaxis="y3",
        mode="lines+markers" if len(rate) < 40 else "lines",
        marker={"size": 4},
        line={"color": colour, "width": 2},
        name=", ".join((part.title, tr("rate"))),
        showlegend=False,
        hovertemplate="%{customdata:.2~g}",
    )


def _add_best(chart: go.Figure, part: CurvePart, start: int, total: int) -> None:
    accuracy = part.epochs["val_accuracy"].to_numpy(float)
    if not len(accuracy) or np.isnan(accuracy).all():
        return
    loss = part.epochs["val_loss"].to_numpy(float)
    # As training chooses: of equal ones the earliest.
    ranks = [epoch_rank(*pair) for pair in zip(accuracy.tolist(), loss.tolist(), strict=True)]
    best = ranks.index(max(ranks))
    x, y = float(part.epochs["epoch"].iloc[best]) + start, accuracy[best] * 100
    colour = theme.FROZEN_LINE if part.frozen else theme.UNFROZEN
    line = {"color": colour, "width": 1, "dash": "dot"}
    chart.add_shape(type="line", xref="x", yref="paper", x0=x, x1=x, y0=0, y1=1, line=line)
    chart.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        name=tr("best"),
        marker={"size": 10, "color": colour},
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    early = x < 0.3 * total  # left of the point, the label would lie on the axis
    chart.add_annotation(
        text=theme.keyed(colour, tr("best {share} %", share=number(100 * accuracy[best], 1))),
        x=x,
        y=y,
        xanchor="left" if early else "right",
        # Below the curve, and the two stages' labels below each other: their points lie close.
        ax=8 if early else -8,
        ay=30 if part.frozen else 56,
        arrowcolor=colour,
        arrowwidth=1,
        arrowhead=0,
        font={"size": 13},
    )


def _add_batch(chart: go.Figure, part: CurvePart, start: int) -> None:
    """The running epoch's means so far, as open circles on the way to the next epoch."""
    row = part.batch
    if row is None:
        return
    x = start + row["epoch"] - 1 + row["batch"] / max(1, row["batches"])
    for value, panel in ((row["accuracy"] * 100, "y"), (row["loss"], "y2")):
        chart.add_scatter(
            x=[x],
            y=[value],
            yaxis=panel,
            mode="markers",
            marker={"symbol": "circle-open", "size": 9, "color": theme.MUTED},
            name=tr("running batch"),
            showlegend=False,
            hovertemplate="%{y:.2f}",
        )
