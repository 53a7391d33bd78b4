"""Precision, recall and F1 of each class, and who was left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.charts import class_change
from core.evaluation.class_changes import class_changes
from core.evaluation.comparison import Comparison
from core.evaluation.metrics import per_class, per_class_change
from core.evaluation.verdict import Outcome
from core.evaluation.wording import p_in_words
from core.language import mark, number, plain_number, tr, trn
from core.ui import session
from core.ui.text import plain

_MEASURES = {
    "recall": mark("Recall: share of the class's images that are found"),
    "precision": mark("Precision: share of the images called so that are so"),
    "f1": mark("F1: precision and recall in one number"),
}
_NAMES = {"recall": mark("Recall"), "precision": mark("Precision"), "f1": mark("F1")}
_SIDES = {"before": mark("before"), "after": mark("after")}
_NUMBER = st.column_config.NumberColumn


def class_figures(comparison: Comparison) -> None:
    """Shows one measure by class, before and after, and names the classes that got worse."""
    st.subheader(tr("Class by class"), anchor=False)
    names = comparison.class_names
    table = per_class_change(comparison.first, comparison.second, names)
    tested = class_changes(comparison.pairs, names)
    _left_behind(comparison, tested)
    chosen = st.segmented_control(
        tr("Measure"),
        list(_MEASURES),
        default="recall",
        format_func=lambda name: tr(_NAMES[name]),
        key="class_measure",
        label_visibility="collapsed",
    )
    measure = chosen or "recall"
    order = tr("The classes that lost most stand at the top.")
    st.caption(f"{tr(_MEASURES[measure])}. {order}")
    draw = partial(class_change.figure, table, measure, *comparison.names)
    chart = session.cached("class_change", f"{measure} {comparison.version}", draw)
    st.plotly_chart(chart, width="stretch", key="class_change", config={"displayModeBar": False})
    with st.expander(tr("{measure} of each class as a table", measure=tr(_NAMES[measure]))):
        _change_table(table, tested, measure)


def single_class_figures(predictions: pd.DataFrame, names: tuple[str, ...]) -> None:
    """Shows one model's precision, recall and F1 by class."""
    table = per_class(predictions, names)
    shown = table[["class_name", "images"]].copy()
    columns = _first_columns()
    for measure in _MEASURES:
        shown[measure] = 100 * table[measure]
        shown[f"{measure}_range"] = _ranges(table, measure)
        columns |= _measured(measure, tr(_NAMES[measure]))
    _table(shown, columns, dict.fromkeys(_MEASURES, _percent))


def _change_table(table: pd.DataFrame, tested: pd.DataFrame, measure: str) -> None:
    shown = table[["class_name", "images"]].copy()
    columns = _first_columns()
    for side, words in _SIDES.items():
        name = f"{measure}_{side}"
        shown[name] = 100 * table[name]
        shown[f"{name}_range"] = _ranges(table, name)
        columns |= _measured(name, tr(words))
    shown["change"] = 100 * table[f"{measure}_change"]
    columns["change"] = _NUMBER(tr("change, points"))
    shown[["fixed", "broken", "p_holm"]] = tested[["fixed", "broken", "p_holm"]]
    columns["fixed"], columns["broken"] = _NUMBER(tr("fixed")), _NUMBER(tr("broken"))
    columns["p_holm"] = _NUMBER(
        tr("p (Holm)"),
        help=tr("Exact McNemar test of the recall, corrected for testing every class."),
    )
    texts = {
        f"{measure}_before": _percent,
        f"{measure}_after": _percent,
        "change": lambda points: number(points, 1, signed=True),
        "p_holm": lambda p: plain_number(float(f"{p:.3g}")),
    }
    _table(shown, columns, texts)


def _table(
    shown: pd.DataFrame, columns: dict[str, Any], texts: Mapping[str, Callable[[float], str]]
) -> None:
    """Numbers as the reader writes them; a column's own format knows no other than English's."""
    styled: Any = shown.style.format(dict[Any, Any](texts), na_rep="")
    st.dataframe(
        styled,
        hide_index=True,
        width="stretch",
        column_config=columns,
        key="class_table",
    )


def _percent(value: float) -> str:
    return f"{number(value, 1)} %"


def _first_columns() -> dict[str, Any]:
    return {
        "class_name": st.column_config.TextColumn(tr("class"), pinned=True),
        "images": _NUMBER(tr("images")),
    }


def _measured(name: str, label: str) -> dict[str, Any]:
    return {
        name: _NUMBER(label),
        f"{name}_range": st.column_config.TextColumn(
            "95 %", help=tr("95 % interval of {measure}", measure=label)
        ),
    }


def _ranges(table: pd.DataFrame, name: str) -> list[str]:
    limits = zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
    return [
        tr("{low} to {high}", low=number(100 * low), high=number(100 * high))
        for low, high in limits
    ]


def _left_behind(comparison: Comparison, tested: pd.DataFrame) -> None:
    worse = tested[tested["outcome"] == Outcome.HURT]
    if worse.empty:
        return
    lines = [
        trn(
            "**{name}** got worse: fixed {fixed}, broke {broken} of its {count} image ({p})",
            "**{name}** got worse: fixed {fixed}, broke {broken} of its {count} images ({p})",
            row["images"],
            name=plain(row["class_name"]),
            fixed=row["fixed"],
            broken=row["broken"],
            p=p_in_words(row["p_holm"]),
        )
        for row in worse.to_dict("records")
    ]
    corrected = tr("The p-values are corrected for asking about every class (Holm).")
    st.warning(
        "  \n".join([*lines, corrected]),
        icon=":material/trending_down:",
    )
    if comparison.is_step:
        st.page_link(
            "pages/5_Predict.py",
            label=tr("Keep the head-only model"),
            icon=":material/ac_unit:",
            query_params={"model": comparison.before.id},
        )
