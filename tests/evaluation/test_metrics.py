"""Metrics on a table small enough to work out by hand."""

import numpy as np
import pytest

from core.evaluation.intervals import wilson
from core.evaluation.metrics import accuracy, confusion_matrix, per_class, per_class_change
from tests.evaluation.runs_on_disk import predictions_table

NAMES = ["cat", "dog", "owl"]
TABLE = predictions_table([0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 0], 3)


def test_accuracy() -> None:
    assert accuracy(TABLE) == pytest.approx(5 / 7)


def test_confusion_matrix_has_true_rows_and_every_class() -> None:
    assert confusion_matrix(TABLE, 3).tolist() == [[2, 1, 0], [1, 3, 0], [0, 0, 0]]


def test_per_class_by_hand() -> None:
    table = per_class(TABLE, NAMES)
    assert list(table["images"]) == [3, 4, 0]
    assert table["precision"][:2].tolist() == pytest.approx([2 / 3, 3 / 4])
    assert table["recall"][:2].tolist() == pytest.approx([2 / 3, 3 / 4])
    assert table["f1"][:2].tolist() == pytest.approx([2 / 3, 3 / 4])
    # A class without images and without predictions has no figures, rather than zeros.
    assert np.isnan(table.loc[2, ["precision", "recall", "f1"]].astype(float)).all()


def test_intervals_by_hand() -> None:
    table = per_class(TABLE, NAMES)
    # Cat: 2 of 3 found, 2 of the 3 called so, 2 of the 4 that belong to it or are called so.
    recall, union = wilson(2, 3), wilson(2, 4)
    assert table["recall_low"][0] == pytest.approx(recall.low)
    assert table["precision_high"][0] == pytest.approx(recall.high)
    assert table["f1_low"][0] == pytest.approx(2 * union.low / (1 + union.low))
    assert table["f1_low"][0] < table["f1"][0] < table["f1_high"][0]
    assert (table["recall_low"][2], table["recall_high"][2]) == (0, 1)


def test_change_is_after_less_before() -> None:
    better = predictions_table([0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0], 3)
    change = per_class_change(TABLE, better, NAMES)
    assert change["recall_change"][0] == pytest.approx(1 / 3)
    assert change["recall_change"][1] == pytest.approx(0)
    assert change["precision_after"][1] == pytest.approx(1.0)
