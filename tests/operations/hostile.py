"""Names that would be markup or code where they were not taken as text, and how to find them."""

import re
import shutil
from collections.abc import Iterator

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from core.datasets import Dataset, DatasetStore
from core.settings import Settings

NASTY = (
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    ":material/home: :red[x] $x^2$",
    "![x](http://127.0.0.1:9/x.png)",
    "# `x` **x** ~~x~~",
)
# Streamlit shows what is in these as it is, or draws it on a canvas; not what is written over them.
LITERAL = {"selectbox", "multiselect", "dataframe", "code", "plotly_chart", "text_input"}


def nasty_dataset(settings: Settings, made: Dataset) -> Dataset:
    """A data set of four classes, again: its name, classes and files are all nasty."""
    names = dict(zip(made.class_names, NASTY[:4], strict=True))
    table = made.manifest()
    table["class_name"] = table["class_name"].map(names)
    for place, path in enumerate(table["path"]):
        new = f"{place}{NASTY[place % len(NASTY)].replace('/', '_')}.png"
        shutil.move(made.root / path, made.root / new)
        table.loc[place, "path"] = new
    table.loc[:1, "issues"] = ["wrong_extension", "elongated;tiny"]
    store = DatasetStore(settings.datasets_dir)
    return store.save(made.id, NASTY[0], table, NASTY[:4], made.root, NASTY[1], (NASTY[3],))


def elements(block: Block) -> Iterator[Element | Block]:
    """All of them, and the tabs, expanders and dialogs around them."""
    for child in block.children.values():
        yield child
        if isinstance(child, Block):
            yield from elements(child)


def markup_of(element: Element | Block) -> str:
    """What Streamlit reads as Markdown or HTML; an image's `alt` is plain text."""
    if isinstance(element, Block) or element.type in LITERAL:
        written = re.findall(r'^\s*(?:label|title|help): "(.*)"$', str(element.proto), re.MULTILINE)
        return "\n".join(written).encode().decode("unicode_escape")
    if element.type in ("image", "imgs"):
        return " ".join(image.caption for image in element.proto.imgs)
    shown = re.sub(r'^\s*(?:id|element_id): ".*"$', "", str(element.proto), flags=re.MULTILINE)
    return shown.encode().decode("unicode_escape")


def shown_as_markup(page: AppTest) -> list[str]:
    """Elements that would read a nasty name as Markdown or HTML."""
    found = []
    for block in (page.main, page.sidebar):
        for element in elements(block):
            text = markup_of(element)
            found += [f"{element.type}: {name}" for name in NASTY if name in text]
    return found
