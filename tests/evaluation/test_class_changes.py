"""Holm's correction and per-class changes, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.class_changes import class_changes, holm


def test_holm_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 is 0.02, 0.03, 0.06, 0.04: the last one
    # may not fall below 0.06.
    corrected = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert corrected == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_never_exceeds_one_and_keeps_one_test_as_it_is() -> None:
    assert holm(np.array([0.6, 0.9])).tolist() == [1.0, 1.0]
    assert holm(np.array([0.04])) == pytest.approx([0.04])
    assert holm(np.array([])).size == 0


def rows(label: int, fixed: int, broken: int, same: int) -> pd.DataFrame:
    changes = ["fixed"] * fixed + ["broken"] * broken + ["both right"] * same
    return pd.DataFrame({"label": label, "change": changes})


def test_a_class_that_got_worse_is_named_although_the_whole_got_better() -> None:
    pairs = pd.concat([rows(0, 20, 0, 30), rows(1, 0, 10, 40), rows(2, 2, 1, 10)])
    table = class_changes(pairs, ["a", "b", "c", "empty"])
    assert list(table["outcome"]) == ["helped", "hurt", "cannot tell", "cannot tell"]
    assert list(table["images"]) == [50, 50, 13, 0]
    assert table["change"].tolist()[:3] == pytest.approx([0.4, -0.2, 1 / 13])
    assert np.isnan(table["change"][3])
    assert table["p_value"][1] == pytest.approx(2 * 0.5**10)
    # Four tests: the second smallest of them is multiplied by three.
    assert table["p_holm"][1] == pytest.approx(6 * 0.5**10)


def test_asking_about_many_classes_asks_for_more() -> None:
    # 6 : 0 is enough for one class (p = 0.031) and not for one among ten.
    alone = class_changes(rows(0, 6, 0, 4), ["a"])
    among_ten = class_changes(rows(0, 6, 0, 4), list("abcdefghij"))
    assert alone["outcome"][0] == "helped"
    assert among_ten["outcome"][0] == "cannot tell"
