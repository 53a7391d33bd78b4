"""CSV tables: every image, safe in a spreadsheet."""

import io

import numpy as np
import pandas as pd
import pytest

from core.evaluation.export import answers_csv, pairs_csv, safe_cell
from core.evaluation.predictions import join_predictions
from tests.evaluation.runs_on_disk import predictions_table


def test_pairs_have_names_and_what_became_of_them() -> None:
    labels = [0, 1, 1]
    before = predictions_table(labels, [0, 0, 1], 2)
    after = predictions_table(labels, [0, 1, 0], 2)
    text = pairs_csv(join_predictions(before, after), ["cat", "dog"])
    table = pd.read_csv(io.BytesIO(text))
    assert list(table["true_class"]) == ["cat", "dog", "dog"]
    assert list(table["before"]) == ["cat", "cat", "dog"]
    assert list(table["change"]) == ["both right", "fixed", "broken"]
    assert table["after_probability"].tolist() == pytest.approx([0.7] * 3)


def test_answers_have_a_column_for_each_class() -> None:
    given = np.array([[0.2, 0.8], [0.55, 0.45]], dtype=np.float32)
    text = answers_csv(["a.png", "b.png"], ["dog", "none of these"], given, ["cat", "dog"])
    table = pd.read_csv(io.BytesIO(text))
    assert list(table) == ["file", "class", "probability", "p_cat", "p_dog"]
    assert table["probability"].tolist() == pytest.approx([0.8, 0.55])
    assert table["class"].tolist() == ["dog", "none of these"]


def test_a_file_name_is_never_a_formula() -> None:
    given = np.array([[1.0, 0.0]], dtype=np.float32)
    text = answers_csv(['=HYPERLINK("http://x")'], ["cat"], given, ["cat", "dog"]).decode()
    assert "'=HYPERLINK" in text
    assert safe_cell("plain-name.png") == "plain-name.png"


def test_no_pairs_make_a_header_alone() -> None:
    empty = predictions_table([0], [0], 2).iloc[:0]
    text = pairs_csv(join_predictions(empty, empty), ["cat", "dog"]).decode()
    assert text.splitlines() == [
        "file,true_class,before,before_probability,after,after_probability,change"
    ]
