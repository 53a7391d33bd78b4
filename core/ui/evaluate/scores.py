"""Metrics of the probabilities: scores, calibration, curves by class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.charts import class_curves, reliability
from core.errors import RunError
from core.evaluation.calibration import (
    Calibration,
    apply_temperature,
    calibration,
    fit_temperature,
)
from core.evaluation.comparison import Comparison
from core.evaluation.predictions import probability_matrix, read_predictions
from core.evaluation.scores import curve_classes, precision_recall_curve, roc_curve, scores
from core.language import mark, number, tr
from core.runs import Run
from core.ui.text import percent, plain

_LEANING = {True: mark("too sure"), False: mark("not sure enough")}

Matrix = npt.NDArray[np.float64]


def probability_scores(comparison: Comparison) -> None:
    """Shows scores, reliability diagram and temperatures of both models."""
    labels = comparison.labels()
    given = [probability_matrix(t) for t in (comparison.first, comparison.second)]
    found = [calibration(labels, matrix) for matrix in given]
    table, picture = st.columns(2, gap="large")
    with table:
        st.markdown(tr("**Scores on the test images**"))
        st.table(_score_table(comparison, labels, given, found))
        st.caption(
            tr(
                "Log loss and Brier score judge the probabilities, not only the answers: 0 is "
                "perfect. The calibration error is how far, on average, a model's sureness lies "
                "from how often it is right."
            )
        )
    with picture:
        st.markdown(tr("**How sure, and how often right**"))
        curves = [(name, f.table) for name, f in zip(comparison.names, found, strict=True)]
        st.plotly_chart(
            reliability.figure(curves),
            width="stretch",
            key="reliability",
            config={"displayModeBar": False},
        )
    _temperatures(comparison, labels, given, found)


def class_curve_charts(comparison: Comparison) -> None:
    """Shows the ROC and precision-recall curves of one class at a time."""
    labels, names = comparison.labels(), comparison.class_names
    possible = curve_classes(labels, names)
    if not possible:
        st.caption(tr("No class has enough test images for a curve."))
        return
    label = st.selectbox(
        tr("Class against the rest"),
        possible,
        format_func=lambda index: names[index],
        key="curve_class",
    )
    sides = list(zip(comparison.names, (comparison.first, comparison.second), strict=True))
    given = [(name, probability_matrix(table)) for name, table in sides]
    rocs, precisions = [], []
    for name, matrix in given:
        table, area = roc_curve(labels, matrix, label)
        rocs.append((tr("{name}, area {area}", name=name, area=number(area, 3)), table))
        table, average = precision_recall_curve(labels, matrix, label)
        words = tr("{name}, average {average}", name=name, average=number(average, 3))
        precisions.append((words, table))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(tr("**ROC**"))
        titles = tr("false alarms"), tr("found")
        _curves(rocs, "false_positive_rate", "true_positive_rate", titles)
    with right:
        st.markdown(tr("**Precision and recall**"))
        titles = tr("found"), tr("right when it says so")
        _curves(precisions, "recall", "precision", titles)


def _curves(
    models: Sequence[tuple[str, pd.DataFrame]], x: str, y: str, titles: tuple[str, str]
) -> None:
    st.plotly_chart(
        class_curves.figure(models, x, y, *titles),
        width="stretch",
        key=f"curve_{x}",
        config={"displayModeBar": False},
    )


def _score_table(
    comparison: Comparison,
    labels: npt.NDArray[np.int64],
    given: list[Matrix],
    found: list[Calibration],
) -> pd.DataFrame:
    columns = {}
    for place, (matrix, calibrated) in enumerate(zip(given, found, strict=True)):
        score = scores(labels, matrix)
        # Two runs may have the same name; a table may not.
        name = comparison.names[place] + (" " if place and len(set(comparison.names)) == 1 else "")
        columns[plain(name)] = {
            tr("Accuracy"): percent(score.accuracy),
            tr("Among the top {k}", k=score.top_k): percent(score.top_k_accuracy),
            tr("Log loss"): number(score.log_loss, 3),
            tr("Brier score"): number(score.brier, 3),
            tr("Calibration error"): tr("{points} points", points=_points(calibrated.error)),
        }
    return pd.DataFrame(columns)


def _temperatures(
    comparison: Comparison,
    labels: npt.NDArray[np.int64],
    given: list[Matrix],
    found: list[Calibration],
) -> None:
    runs = (comparison.before, comparison.after)
    for name, run, matrix, now in zip(comparison.names, runs, given, found, strict=True):
        temperature = temperature_of(run)
        if temperature is None:
            continue
        then = calibration(labels, apply_temperature(matrix, temperature))
        about_right = abs(temperature - 1) < 0.05
        st.caption(
            tr(
                "{name}: temperature {temperature}, fitted on the validation images alone "
                "({leaning}). With it the calibration error on test goes from {before} to {after} "
                "points; the answers stay the same.",
                name=plain(name),
                temperature=number(temperature, 2),
                leaning=tr("about right") if about_right else tr(_LEANING[temperature > 1]),
                before=_points(now.error),
                after=_points(then.error),
            )
        )


def _points(share: float) -> str:
    return number(100 * share, 1)


def temperature_of(run: Run) -> float | None:
    """The temperature fitted on a run's validation images, or None where it has none."""
    try:
        table = read_predictions(run, "val")
    except RunError:
        return None
    if table.empty:
        return None
    return fit_temperature(table["label"].to_numpy(), probability_matrix(table))
