"""Names of classes and files are data, never markup, wherever they are shown or written."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from core.charts import class_counts, confusion, mean_image
from core.charts.theme import literal
from core.datasets import Dataset, DatasetStore
from core.evaluation.export import answers_csv, pairs_csv, safe_cell
from core.settings import Settings
from core.ui.text import plain
from tests.ui.app import open_page

NASTY = (
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    ":material/home: :red[x] $x^2$",
    "![x](http://127.0.0.1:9/x.png)",
    "# `x` **x** ~~x~~",
)
FORMULAS = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "x\r=1")
# Streamlit shows these as they are, or draws them on a canvas.
LITERAL = {"selectbox", "multiselect", "arrow_data_frame", "plotly_chart", "text_input"}


@pytest.fixture
def nasty(settings: Settings, make_dataset: Callable[..., Dataset]) -> Dataset:
    """A data set whose name, classes and files are all nasty."""
    made = make_dataset(4)
    names = dict(zip(made.class_names, NASTY[:4], strict=True))
    table = made.manifest()
    table["class_name"] = table["class_name"].map(names)
    for place, path in enumerate(table["path"]):
        new = f"{place}{NASTY[place % len(NASTY)].replace('/', '_')}.png"
        shutil.move(made.root / path, made.root / new)
        table.loc[place, "path"] = new
    store = DatasetStore(settings.datasets_dir)
    return store.save(made.id, NASTY[0], table, NASTY[:4], made.root, NASTY[1], (NASTY[3],))


def elements(block: Block) -> Iterator[Element]:
    for child in block.children.values():
        if isinstance(child, Block):
            yield from elements(child)
        else:
            yield child


def markup_of(element: Element) -> str:
    """What Streamlit reads as Markdown or HTML; an image's `alt` is plain text."""
    if element.type in ("image", "imgs"):
        return " ".join(image.caption for image in element.proto.imgs)
    return str(element.proto).encode().decode("unicode_escape")


def shown_as_markup(page: AppTest) -> list[str]:
    """Elements that would read a nasty name as Markdown or HTML."""
    found = []
    for block in (page.main, page.sidebar):
        for element in elements(block):
            if element.type not in LITERAL:
                text = markup_of(element)
                found += [f"{element.type}: {name}" for name in NASTY if name in text]
    return found


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
