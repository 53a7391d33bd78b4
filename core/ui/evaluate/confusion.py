"""Confusion matrices, and the images behind a cell."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.charts import confusion
from core.evaluation.comparison import Comparison
from core.evaluation.metrics import confusion_matrix
from core.language import mark, tr, trn
from core.ui import session
from core.ui.evaluate.gallery import gallery
from core.ui.text import plain

_COUNTS, _PERCENT = mark("counts"), mark("percent of the true class")


def confusion_matrices(comparison: Comparison) -> None:
    """Shows both matrices side by side; a click on a cell shows its images below."""
    names = comparison.class_names
    matrices = [confusion_matrix(t, len(names)) for t in (comparison.first, comparison.second)]
    by_row = _by_row()
    values = [confusion.row_percent(m) if by_row else m for m in matrices]
    most = confusion.largest_mistake(*values)
    chosen: tuple[int, int, int] | None = None
    scales: tuple[confusion.Scale, confusion.Scale] = ("frozen", "unfrozen")
    for place, column in enumerate(st.columns(2, gap="large")):
        with column:
            st.markdown(f"**{plain(comparison.names[place])}**")
            key = f"confusion_{place}"
            draw = partial(confusion.figure, matrices[place], names, scales[place], most, by_row)
            chart = session.cached(key, f"{by_row} {comparison.version}", draw)
            cell = _clicked_cell(chart, key)
            chosen = (place, *cell) if cell else chosen
    st.caption(
        tr("Rows are the true class, columns what the model said. Click a cell to see its images.")
    )
    if chosen:
        _cell_images(comparison, *chosen)


def _by_row() -> bool:
    choice = st.segmented_control(
        tr("Cells show"),
        [_COUNTS, _PERCENT],
        default=_COUNTS,
        format_func=tr,
        key="confusion_unit",
        label_visibility="collapsed",
    )
    return choice == _PERCENT


def _clicked_cell(chart: Any, key: str) -> tuple[int, int] | None:
    """Draws a confusion matrix.

    Returns:
        True and predicted class of the chosen cell, or None.
    """
    event = st.plotly_chart(
        chart,
        width="stretch",
        key=key,
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
    )
    points = event["selection"]["points"]
    if not points:
        return None
    true, predicted = points[0]["customdata"]
    return int(true), int(predicted)


def single_confusion_matrix(predictions: pd.DataFrame, names: tuple[str, ...]) -> None:
    """Shows one model's confusion matrix."""
    matrix = confusion_matrix(predictions, len(names))
    chart = confusion.figure(matrix, names, "frozen", by_row=_by_row())
    st.plotly_chart(chart, width="stretch", key="confusion_alone", config={"displayModeBar": False})


def _cell_images(comparison: Comparison, place: int, true: int, predicted: int) -> None:
    side = ("before", "after")[place]
    pairs = comparison.pairs
    rows = pairs[(pairs["label"] == true) & (pairs[side] == predicted)]
    names = comparison.class_names
    st.markdown(
        trn(
            "{model}: {count} image of **{true}** called **{predicted}**",
            "{model}: {count} images of **{true}** called **{predicted}**",
            len(rows),
            model=plain(comparison.names[place]),
            true=plain(names[true]),
            predicted=plain(names[predicted]),
        )
    )
    gallery(comparison, rows.sort_values(f"{side}_probability", ascending=False), "cell")
