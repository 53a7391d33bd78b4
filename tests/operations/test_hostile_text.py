"""Names of classes and files are data, never markup, wherever they are shown or written."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.charts import class_counts, confusion, mean_image
from core.charts.theme import literal
from core.datasets import Dataset
from core.evaluation.export import answers_csv, pairs_csv, safe_cell
from core.settings import Settings
from core.ui.text import plain
from tests.operations.hostile import NASTY, nasty_dataset, shown_as_markup
from tests.ui.app import open_page

FORMULAS = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "x\r=1")


@pytest.fixture
def nasty(settings: Settings, make_dataset: Callable[..., Dataset]) -> Dataset:
    """A data set whose name, classes and files are all nasty."""
    return nasty_dataset(settings, make_dataset(4))


@pytest.mark.parametrize("path", ["", "pages/1_Data.py", "pages/2_Head.py"])
def test_a_page_shows_nasty_names_as_text(nasty: Dataset, path: str, no_keras: None) -> None:
    page = open_page(path, dataset=nasty.id)

    assert not page.exception
    assert shown_as_markup(page) == []


@pytest.fixture
def no_keras() -> None:
    """Nothing here has imported it."""


@pytest.mark.parametrize("name", NASTY)
def test_markdown_is_escaped_character_by_character(name: str) -> None:
    shown = plain(name)

    assert shown.replace("\\", "") == name.replace("\\", "")
    for special in "<>[]()*`$:#!~_":
        assert shown.count(special) == shown.count("\\" + special)


def labels_of(figure: Any) -> str:
    return figure.to_json().encode().decode("unicode_escape")


def test_charts_do_not_read_class_names_as_markup(nasty: Dataset) -> None:
    link = '<a href="http://127.0.0.1">x</a>'
    names = ("<b>a</b>", link)
    table = nasty.manifest().assign(class_name=link)
    figures = [
        confusion.figure(np.array([[3, 1], [2, 4]]), names, "frozen"),
        class_counts.figure(table),
        mean_image.figure(np.zeros((2, 4, 4, 3), np.uint8), names),
    ]

    assert literal(link) == '&lt;a href="http://127.0.0.1"&gt;x&lt;/a&gt;'
    assert literal("%{x}") == "&#37;{x}"
    for figure in figures:
        assert link not in labels_of(figure).replace('\\"', '"')
        assert "&lt;a" in labels_of(figure)


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_of_a_csv_begins_like_a_formula(name: str) -> None:
    probabilities = np.array([[0.25, 0.75]], np.float32)
    pairs = pd.DataFrame(
        {
            "path": [name],
            "label": [0],
            "before": [0],
            "before_probability": [0.5],
            "after": [1],
            "after_probability": [0.5],
            "change": ["broken"],
        }
    )
    tables = [
        answers_csv([name], [name], probabilities, [name, "b"]),
        pairs_csv(pairs, [name, name]),
    ]

    for table in tables:
        for row in csv.reader(io.StringIO(table.decode(), newline="")):
            assert not any(cell.startswith(tuple("=+-@\t\r\n")) for cell in row)
    assert safe_cell(name).lstrip("'").split()[-1] == name.split()[-1]


def test_the_nasty_data_set_is_nasty(nasty: Dataset) -> None:
    assert set(nasty.class_names) == set(NASTY[:4])
    assert all((nasty.root / path).exists() for path in nasty.manifest()["path"])
    assert replace(nasty).notes == (NASTY[3],)


def test_markup_is_found_wherever_it_is_read_and_nowhere_else() -> None:
    def app() -> None:
        import streamlit as st

        from tests.operations.hostile import NASTY

        with st.expander(NASTY[0]), st.popover(NASTY[1]):
            st.tabs([NASTY[2], "b"])[0].markdown(NASTY[3])
        st.selectbox(NASTY[4], [NASTY[0]])
        st.multiselect("b", [NASTY[0]], help=NASTY[1])
        st.code(NASTY[2])

    found = shown_as_markup(AppTest.from_function(app).run())
    assert [line.partition(": ")[2] for line in found] == [*NASTY, NASTY[1]]
