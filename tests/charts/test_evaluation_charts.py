"""Charts of the Evaluate page: what is drawn is what was given."""

import numpy as np
import pandas as pd
import pytest

from core.charts import class_change, class_curves, confusion, intervals, reliability
from core.charts.theme import FROZEN_LINE, UNFROZEN
from core.evaluation.intervals import wilson

MATRIX = np.array([[8, 2, 0], [0, 9, 1], [0, 0, 10]])


def test_intervals_in_percent_from_the_top_down() -> None:
    chart = intervals.figure([("Head only", wilson(80, 100)), ("From block 6", wilson(90, 100))])
    bands = [trace for trace in chart.data if trace.mode == "lines"]
    assert bands[0].x == pytest.approx((71.1, 86.7), abs=0.1)
    assert [band.y[0] for band in bands] == [0, -1]
    assert [band.line.color for band in bands] == [FROZEN_LINE, UNFROZEN]
    low, high = chart.layout.xaxis.range
    assert low < 71 < 96 < high


def test_confusion_keeps_right_answers_out_of_the_colour_scale() -> None:
    diagonal, mistakes, _ = confusion.figure(MATRIX, ["a", "b", "c"], "frozen").data
    assert np.isnan(np.diag(mistakes.z)).all()
    assert np.nansum(diagonal.z) == 3
    # No colour where there is no mistake.
    assert np.isnan(mistakes.z[1, 0])
    assert [list(row) for row in diagonal.text] == [["8", "", ""], ["", "9", ""], ["", "", "10"]]
    assert [list(row) for row in mistakes.text] == [["", "2", ""], ["", "", "1"], ["", "", ""]]


def test_cells_in_percent_of_the_true_class() -> None:
    matrix = np.array([[8, 2, 0], [0, 299, 1], [0, 0, 0]])
    diagonal, mistakes, _ = confusion.figure(matrix, ["a", "b", "c"], "frozen", by_row=True).data
    assert [list(row) for row in mistakes.text] == [["", "20", ""], ["", "", "<1"], ["", "", ""]]
    assert diagonal.text[0][0] == "80"
    assert confusion.row_percent(matrix).sum(axis=1) == pytest.approx([100, 100, 0])


def test_a_clicked_cell_says_which_it_is() -> None:
    targets = confusion.figure(MATRIX, ["a", "b", "c"], "frozen").data[2]
    place = list(targets.hovertext).index("a, called b: 2")
    assert list(targets.customdata[place]) == [0, 1]
    assert (targets.y[place], targets.x[place]) == (0, 1)
    assert len(targets.x) == 5


def test_true_classes_run_down_and_names_are_cut() -> None:
    names = ["a very long name of a class", "b", "c"]
    chart = confusion.figure(MATRIX, names, "unfrozen")
    assert chart.layout.yaxis.range == (2.5, -0.5)
    assert chart.layout.xaxis.ticktext[0] == "a very long nam…"


def test_many_classes_have_no_numbers() -> None:
    classes = confusion.MOST_WITH_NUMBERS + 1
    chart = confusion.figure(np.eye(classes, dtype=int), [str(i) for i in range(classes)], "frozen")
    assert chart.data[0].text is None
    assert chart.data[1].texttemplate is None


def test_two_matrices_share_the_largest_mistake() -> None:
    assert confusion.largest_mistake(MATRIX, np.array([[5, 7, 0], [0, 5, 0], [0, 0, 5]])) == 7
    assert confusion.largest_mistake(np.eye(3, dtype=int)) == 0


def test_a_matrix_without_a_mistake_or_an_image_can_be_drawn() -> None:
    for matrix in (np.eye(3, dtype=int), np.zeros((3, 3), dtype=int)):
        assert len(confusion.figure(matrix, ["a", "b", "c"], "frozen").data) == 3


def test_the_class_that_lost_most_stands_at_the_top() -> None:
    table = pd.DataFrame(
        {
            "class_name": ["a", "b", "c", "no images"],
            "recall_before": [0.8, 0.9, 0.5, np.nan],
            "recall_after": [0.9, 0.6, 0.5, np.nan],
            "recall_change": [0.1, -0.3, 0.0, np.nan],
        }
    )
    for side in ("before", "after"):
        table[f"recall_{side}_low"] = table[f"recall_{side}"] - 0.1
        table[f"recall_{side}_high"] = table[f"recall_{side}"] + 0.1
    chart = class_change.figure(table, "recall", "Head only", "From block 6")
    assert chart.layout.yaxis.ticktext == ("a", "c", "b")
    assert chart.data[1].x == pytest.approx((80, 50, 90))
    assert chart.data[2].x == pytest.approx((90, 50, 60))
    assert list(chart.data[2].customdata[2]) == pytest.approx([50, 70])


def test_reliability_in_percent_with_intervals() -> None:
    table = pd.DataFrame(
        {
            "low": [0.8, 0.9],
            "high": [0.9, 1.0],
            "images": [25, 100],
            "confidence": [0.85, 0.97],
            "accuracy": [0.8, 0.9],
            "accuracy_low": [0.6, 0.8],
            "accuracy_high": [0.9, 0.95],
        }
    )
    curve = reliability.figure([("Head only", table)]).data[1]
    assert curve.x == pytest.approx((85, 97))
    assert curve.error_y.array == pytest.approx((10, 5))
    assert curve.error_y.arrayminus == pytest.approx((20, 10))
    assert curve.marker.size[1] > curve.marker.size[0]


def test_curves_in_percent() -> None:
    table = pd.DataFrame({"recall": [1.0, 0.5], "precision": [0.4, 1.0]})
    chart = class_curves.figure([("Head only", table)], "recall", "precision", "found", "right")
    assert chart.data[0].x == pytest.approx((100, 50))
    assert chart.layout.yaxis.title.text == "right, %"
