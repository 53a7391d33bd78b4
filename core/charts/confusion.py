"""A confusion matrix: what was called what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.charts.theme import axis, layout, literal
from core.language import number, tr

Scale = Literal["frozen", "unfrozen"]

# Mistakes go from light to dark in the model's own colour; right answers stay neutral, so that
# the eye goes to what is wrong.
SCALES: dict[Scale, list[str]] = {
    "frozen": ["#D3E8F5", "#A9D3EE", "#2B8AC6", "#14527D"],
    "unfrozen": ["#FDE3D4", "#FAB58C", "#E8590C", "#8F3404"],
}
DIAGONAL = "#DCE4EA"
CHOSEN = "rgba(27, 39, 51, 0.35)"
# More classes than this and the numbers no longer fit into the cells.
MOST_WITH_NUMBERS = 24
LONGEST_NAME = 16


def figure(
    matrix: npt.NDArray[np.int64],
    class_names: Sequence[str],
    scale: Scale,
    most: float = 0,
    by_row: bool = False,
) -> go.Figure:
    """Draws the matrix; a cell can be clicked, and its point's `customdata` is (true, predicted).

    Args:
        matrix: int64 `(classes, classes)`, counts by `[true, predicted]`.
        class_names: In the order of the labels.
        scale: `frozen` for a model with a frozen backbone, `unfrozen` for a fine-tuned one.
        most: Mistakes that get the darkest colour, so that two matrices can share one scale; the
            matrix's own largest where it is 0. In percent with `by_row`.
        by_row: Whether cells show percent of their row, the true class, instead of counts.

    Returns:
        The figure.
    """
    classes = len(class_names)
    values = row_percent(matrix) if by_row else matrix.astype(np.float64)
    numbers = classes <= MOST_WITH_NUMBERS
    chart = go.Figure(
        [
            _diagonal(values, numbers),
            _mistakes(values, most or largest_mistake(values), scale, numbers),
            _targets(matrix, class_names),
        ]
    )
    names = [_short(name) for name in class_names]
    shared = {"tickvals": list(range(classes)), "ticktext": names, "automargin": True}
    slanted = -40 if max(len(name) for name in names) > 3 else 0
    limits = [-0.5, classes - 0.5]
    chart.update_layout(
        layout(
            int(np.clip(120 + 34 * classes, 260, 700)),
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            showlegend=False,
            clickmode="event+select",
            dragmode=False,
            xaxis=axis(tr("predicted"), range=limits, tickangle=slanted, showgrid=False, **shared),
            yaxis=axis(tr("true"), range=limits[::-1], showgrid=False, **shared),
        )
    )
    return chart


def row_percent(matrix: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Each cell in percent of its row: of the images that truly belong to the class."""
    rows = matrix.sum(axis=1, keepdims=True)
    percent: npt.NDArray[np.float64] = 100 * matrix / np.maximum(rows, 1)
    return percent


def largest_mistake(*matrices: npt.NDArray[Any]) -> float:
    """The largest value off the diagonal in any of the matrices."""
    return max(float((m - np.diag(np.diag(m))).max(initial=0)) for m in matrices)


def _diagonal(values: npt.NDArray[np.float64], numbers: bool) -> go.Heatmap:
    right = np.diag(np.diag(values))
    return _cells(right, np.ones_like(right), [DIAGONAL, DIAGONAL], (0, 1), numbers)


def _mistakes(
    values: npt.NDArray[np.float64], top: float, scale: Scale, numbers: bool
) -> go.Heatmap:
    wrong = values - np.diag(np.diag(values))
    # Logarithmic: one mistake must be visible beside fifty.
    lowest = float(np.log1p(1)) if top > 1 else 0.0
    limits = (lowest, float(np.log1p(max(top, 1))))
    return _cells(wrong, np.log1p(wrong), SCALES[scale], limits, numbers)


def _cells(
    values: npt.NDArray[np.float64],
    levels: npt.NDArray[np.float64],
    colours: list[str],
    limits: tuple[float, float],
    numbers: bool,
) -> go.Heatmap:
    steps = np.linspace(0, 1, len(colours))
    text = [[_number(value) for value in row] for row in values] if numbers else None
    return go.Heatmap(
        z=np.where(values > 0, levels, np.nan),
        zmin=limits[0],
        zmax=limits[1],
        colorscale=[[float(step), colour] for step, colour in zip(steps, colours, strict=True)],
        showscale=False,
        # Plotly picks dark or light text by the cell's colour.
        text=text,
        texttemplate="%{text}" if numbers else None,
        textfont={"size": 12},
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )


def _targets(matrix: npt.NDArray[np.int64], class_names: Sequence[str]) -> go.Scatter:
    """Squares without colour over the cells: heat maps can be neither chosen nor named."""
    true, predicted = np.nonzero(matrix)
    counts = matrix[true, predicted]
    words = [
        tr(
            "{true}, called {predicted}: {count}",
            true=literal(class_names[t]),
            predicted=literal(class_names[p]),
            count=n,
        )
        for t, p, n in zip(true.tolist(), predicted.tolist(), counts.tolist(), strict=True)
    ]
    return go.Scatter(
        x=predicted,
        y=true,
        mode="markers",
        marker={"symbol": "square", "size": 24, "color": "rgba(0,0,0,0)"},
        # The chosen cell is shaded and the others keep their looks.
        selected={"marker": {"color": CHOSEN, "opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=np.stack([true, predicted], axis=1),
        hovertext=words,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _number(value: float) -> str:
    if value <= 0:
        return ""
    return number(value) if value >= 1 else "<1"


def _short(name: str) -> str:
    return literal(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…")
