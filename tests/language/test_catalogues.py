"""Every sentence is in the catalogues, and every word on a page is a sentence."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract

from core.language import LANGUAGES
from core.settings import APP_ROOT
from tests.language import untranslated

STEPS = [*sorted((APP_ROOT / "pages").glob("*.py")), APP_ROOT / "streamlit_app.py"]
PAGES = [*sorted((APP_ROOT / "core" / "ui").rglob("*.py")), *STEPS]
SOURCES = [*sorted((APP_ROOT / "core").rglob("*.py")), *STEPS]
# Calls whose first argument people read, as methods of `st` or of a container; with `act_button`,
# `task_view` and the like, which are the app's own.
SHOWN = {
    *("markdown", "caption", "title", "header", "subheader", "text", "write", "toast"),
    *("info", "warning", "error", "success", "metric", "expander", "popover", "spinner", "dialog"),
    *("button", "download_button", "link_button", "toggle", "checkbox", "radio", "selectbox"),
    *("multiselect", "select_slider", "slider", "number_input", "text_input", "text_area"),
    *("file_uploader", "camera_input", "segmented_control", "pills", "tabs", "act_button"),
    *("empty_state", "form_submit_button", "status", "date_input"),
}
NAMED = {"help", "placeholder", "label", "alt", "text", "caption"}
# Names, which are the same in all languages, and marks without words.
SAME = {"**Unfreeze**", "Unfreeze", "TensorBoard", "**TensorBoard**", "ONNX", "JSON", "CSV"}
WORD = re.compile(r"[A-Za-z]{2,}")
# Icons, colours, HTML and what stands in code marks are no words.
MARKUP = re.compile(r":[a-z_]+/?[a-z_]*:|:\w+(?=\[)|<[^>]*>|`[^`]*`|&\w+;")


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_the_catalogues_lack_nothing(code: str) -> None:
    assert untranslated.problems(code) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(APP_ROOT)))
def test_what_a_page_shows_is_told_in_the_readers_language(path: Path) -> None:
    assert list(bare_words(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        'st.button("Press me")',
        'column.selectbox(tr("Class"), names, help="Choose one")',
        'st.caption(f"{count:,} images")',
        'st.error("Gone" if gone else tr("There"))',
        'st.tabs([tr("One"), "Two"])',
    ],
)
def test_bare_words_are_found(source: str) -> None:
    assert len(list(bare_words(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        'st.button(tr("Press me"), key="press")',
        'st.markdown(f":material/edit: **{name}** :small[:gray[{when}]]")',
        'st.markdown("**Unfreeze**")',
        'table.replace("one", "two")',
    ],
)
def test_what_is_no_word_passes(source: str) -> None:
    assert list(bare_words(source)) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(APP_ROOT)))
def test_babel_finds_every_sentence(path: Path) -> None:
    assert hidden_sentences(path) == []


@pytest.mark.parametrize(
    "line", ["f\"**{tr('One')}**\"", "tr(names.get(name, mark('One')))", 'f\'{trn("a", "b", 2)}\'']
)
def test_a_sentence_that_babel_does_not_find_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "page.py"
    path.write_text(f"a = {line}\nb = tr('Two', x=tr('Three'))", encoding="utf-8")

    assert [place.partition(":")[0] for place in hidden_sentences(path)] == ["line 1"]


def hidden_sentences(path: Path) -> list[str]:
    """Sentences in an f-string, or in a call within a call: to be given a name first."""
    with path.open("rb") as file:
        found = Counter(key for _, key, *_ in extract("python", file, untranslated.KEYWORDS))
    hidden = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name(node.func) in untranslated.KEYWORDS:
            count = 2 if _name(node.func) == "trn" else 1
            texts = [arg.value for arg in node.args[:count] if isinstance(arg, ast.Constant)]
            key = tuple(texts) if count == 2 else texts[0] if texts else ""
            found[key] -= 1
            if len(texts) == count and found[key] < 0:
                hidden.append(f"line {node.lineno}: {key}")
    return hidden


def bare_words(source: str) -> Iterator[str]:
    """Words of a file that are shown without `tr`, each with its line."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        shown = list(node.args[:1]) if _name(node.func) in SHOWN else []
        streamlit = isinstance(node.func, ast.Attribute) or _name(node.func) in SHOWN
        shown += [word.value for word in node.keywords if streamlit and word.arg in NAMED]
        for part in shown:
            yield from (f"line {node.lineno}: {text}" for text in _texts(part) if _has_words(text))


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _texts(part: ast.expr) -> Iterator[str]:
    """The literals of an argument, but for those inside of a call."""
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        yield part.value
    elif isinstance(part, ast.JoinedStr):
        literals = [value.value for value in part.values if isinstance(value, ast.Constant)]
        yield "\x00".join(str(text) for text in literals)
    elif isinstance(part, (ast.List, ast.Tuple)):
        for element in part.elts:
            yield from _texts(element)
    elif isinstance(part, ast.IfExp):
        yield from _texts(part.body)
        yield from _texts(part.orelse)
    elif isinstance(part, (ast.BinOp, ast.BoolOp)):
        for side in [part.left, part.right] if isinstance(part, ast.BinOp) else part.values:
            yield from _texts(side)


def _has_words(text: str) -> bool:
    plain = MARKUP.sub("", text).strip()
    return plain not in SAME and WORD.search(plain) is not None
