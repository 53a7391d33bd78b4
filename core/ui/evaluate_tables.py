"""Confusion matrices and the figures of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import class_change, confusion
from core.evaluation.class_changes import class_changes
from core.evaluation.comparison import Comparison
from core.evaluation.metrics import confusion_matrix, per_class, per_class_change
from core.evaluation.verdict import Outcome
from core.evaluation.wording import p_in_words
from core.ui.evaluate_gallery import gallery
from core.ui.text import plain

_MEASURES = {
    "recall": "Recall: share of the class's images that are found",
    "precision": "Precision: share of the images called so that are so",
    "f1": "F1: both in one number",
}


def confusion_matrices(comparison: Comparison) -> None:
    """Shows both matrices side by side; a click on a cell shows its images below."""
    names = comparison.class_names
    matrices = [confusion_matrix(t, len(names)) for t in (comparison.first, comparison.second)]
    most = confusion.largest_mistake(*matrices)
    chosen: tuple[int, int, int] | None = None
    scales: tuple[confusion.Scale, confusion.Scale] = ("frozen", "unfrozen")
    for place, column in enumerate(st.columns(2, gap="large")):
        with column:
            st.markdown(f"**{plain(comparison.names[place])}**")
            chart = confusion.figure(matrices[place], names, scales[place], most)
            cell = clicked_cell(chart, f"confusion_{place}")
            chosen = (place, *cell) if cell else chosen
    st.caption(
        "Rows are the true class, columns what the model said. Click a cell to see its images."
    )
    if chosen:
        _cell_images(comparison, *chosen)


def clicked_cell(chart: Any, key: str) -> tuple[int, int] | None:
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


def class_figures(comparison: Comparison) -> None:
    """Shows precision, recall and F1 by class with the change, and names who got worse."""
    st.subheader("Class by class", anchor=False)
    names = comparison.class_names
    table = per_class_change(comparison.first, comparison.second, names)
    tested = class_changes(comparison.pairs, names)
    _left_behind(comparison, tested)
    measure = st.segmented_control(
        "Measure",
        list(_MEASURES),
        default="recall",
        format_func=lambda name: name.capitalize() if name != "f1" else "F1",
        key="class_measure",
        label_visibility="collapsed",
    )
    measure = measure or "recall"
    st.caption(_MEASURES[measure] + ". The classes that lost most stand at the top.")
    before, after = comparison.names
    chart = class_change.figure(table, measure, before, after)
    st.plotly_chart(chart, width="stretch", key="class_change", config={"displayModeBar": False})
    with st.expander("All figures by class"):
        _class_table(table, tested)


def head_figures(predictions: pd.DataFrame, names: Sequence[str]) -> None:
    """Shows one model's confusion matrix and figures by class."""
    matrix = confusion_matrix(predictions, len(names))
    st.plotly_chart(
        confusion.figure(matrix, names, "frozen"),
        width="stretch",
        key="confusion_head",
        config={"displayModeBar": False},
    )
    table = per_class(predictions, names)
    st.dataframe(
        _in_percent(table),
        hide_index=True,
        width="stretch",
        column_config=_columns(table),
        key="class_table_head",
    )


def _left_behind(comparison: Comparison, tested: pd.DataFrame) -> None:
    worse = tested[tested["outcome"] == Outcome.HURT]
    if worse.empty:
        return
    lines = [
        f"**{plain(row['class_name'])}** got worse: fixed {row['fixed']:,}, broke "
        f"{row['broken']:,} of its {row['images']:,} images ({p_in_words(row['p_holm'])})"
        for row in worse.to_dict("records")
    ]
    st.warning(
        "  \n".join(lines) + "  \nThe p-values are corrected for asking about every class (Holm).",
        icon=":material/trending_down:",
    )
    if comparison.is_step:
        st.page_link(
            "pages/5_Predict.py",
            label="Keep the head-only model",
            icon=":material/ac_unit:",
            query_params={"model": comparison.before.id},
        )


def _cell_images(comparison: Comparison, place: int, true: int, predicted: int) -> None:
    side = ("before", "after")[place]
    pairs = comparison.pairs
    rows = pairs[(pairs["label"] == true) & (pairs[side] == predicted)]
    names = comparison.class_names
    images = "1 image" if len(rows) == 1 else f"{len(rows):,} images"
    st.markdown(
        f"{plain(comparison.names[place])}: {images} of "
        f"**{plain(names[true])}** called **{plain(names[predicted])}**"
    )
    gallery(comparison, rows.sort_values(f"{side}_probability", ascending=False), "cell")


def _class_table(table: pd.DataFrame, tested: pd.DataFrame) -> None:
    whole = pd.concat([table, tested[["fixed", "broken", "p_holm"]]], axis=1)
    st.dataframe(
        _in_percent(whole),
        hide_index=True,
        width="stretch",
        column_config=_columns(whole),
        key="class_table",
    )


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    percent = table.copy()
    for name in table:
        if table[name].dtype == np.float64 and name != "p_holm":
            percent[name] = 100 * table[name]
    return percent


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "class_name": st.column_config.TextColumn("class", pinned=True),
        "p_holm": st.column_config.NumberColumn("p (Holm)", format="%.3g"),
    }
    for name in table:
        if name not in columns and table[name].dtype == np.float64:
            sign = "%+.1f" if str(name).endswith("_change") else "%.1f %%"
            label = str(name).replace("_", " ").replace("f1", "F1")
            columns[str(name)] = st.column_config.NumberColumn(label, format=sign)
    return columns
