"""A confusion matrix: what was called what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.charts.theme import axis, layout

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
    matrix: npt.NDArray[np.int64], class_names: Sequence[str], scale: Scale, most: int = 0
) -> go.Figure:
    """Draws the matrix; a cell can be clicked, and its point's `customdata` is (true, predicted).

    Args:
        matrix: int64 `(classes, classes)`, counts by `[true, predicted]`.
        class_names: In the order of the labels.
        scale: `frozen` for a model with a frozen backbone, `unfrozen` for a fine-tuned one.
        most: Mistakes that get the darkest colour, so that two matrices can share one scale; the
            matrix's own largest where it is 0.

    Returns:
        The figure.
    """
    classes = len(class_names)
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    top = most or int(wrong.max(initial=0)) or 1
    numbers = classes <= MOST_WITH_NUMBERS
    chart = go.Figure(
        [
            _diagonal(matrix, numbers),
            _mistakes(wrong, top, scale, numbers),
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
            xaxis=axis("predicted", range=limits, tickangle=slanted, showgrid=False, **shared),
            yaxis=axis("true", range=limits[::-1], showgrid=False, **shared),
        )
    )
    return chart


def largest_mistake(*matrices: npt.NDArray[np.int64]) -> int:
    """The largest count off the diagonal in any of the matrices."""
    return max(int((m - np.diag(np.diag(m))).max(initial=0)) for m in matrices)


def _diagonal(matrix: npt.NDArray[np.int64], numbers: bool) -> go.Heatmap:
    right = np.diag(np.diag(matrix)).astype(np.float64)
    right[right == 0] = np.nan
    return _cells(right, right > 0, [DIAGONAL, DIAGONAL], (0, 1), numbers)


def _mistakes(wrong: npt.NDArray[np.int64], top: int, scale: Scale, numbers: bool) -> go.Heatmap:
    # Logarithmic: one mistake must be visible beside fifty.
    levels = np.where(wrong > 0, np.log1p(wrong), np.nan)
    lowest = float(np.log1p(1)) if top > 1 else 0.0
    limits = (lowest, float(np.log1p(max(top, 1))))
    return _cells(wrong.astype(np.float64), levels, SCALES[scale], limits, numbers)


def _cells(
    counts: npt.NDArray[np.float64],
    levels: npt.NDArray[Any],
    colours: list[str],
    limits: tuple[float, float],
    numbers: bool,
) -> go.Heatmap:
    steps = np.linspace(0, 1, len(colours))
    shown = np.where(counts > 0, levels, np.nan).astype(np.float64)
    return go.Heatmap(
        z=shown,
        zmin=limits[0],
        zmax=limits[1],
        colorscale=[[float(step), colour] for step, colour in zip(steps, colours, strict=True)],
        showscale=False,
        # Plotly picks dark or light text by the cell's colour.
        text=[[f"{n:,.0f}" if n > 0 else "" for n in row] for row in counts] if numbers else None,
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
        f"{class_names[t]}, called {class_names[p]}: {n:,}"
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


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
