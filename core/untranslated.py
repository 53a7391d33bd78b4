"""What the catalogues lack: `python -m core.untranslated` lists it, a line each."""

from __future__ import annotations

import ast
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from core.language import CATALOGUES, LANGUAGES
from core.settings import APP_ROOT

# What stands around sentences in the code, and how many of its arguments are one.
_KEYWORDS = {"tr": 1, "trn": 2, "mark": 1}
_SOURCES = ("core", "pages", "streamlit_app.py")

# An English sentence; with its plural, where it has one.
Key = str | tuple[str, str]


def sentences(root: Path = APP_ROOT) -> dict[Key, str]:
    """All sentences in the code, each with the place of its first occurrence."""
    found: dict[Key, str] = {}
    for path in _files(root):
        # By the syntax tree: what stands inside of another call, or of an f-string, counts as well.
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (key := _sentence(node)) is not None:
                found.setdefault(key, f"{path.relative_to(root)}:{node.lineno}")
    return found


def _sentence(call: ast.Call) -> Key | None:
    """The sentence in a call of `tr`, `trn` or `mark`; None where it is none, or has a variable."""
    count = _KEYWORDS.get(call.func.id, 0) if isinstance(call.func, ast.Name) else 0
    texts = [arg.value for arg in call.args[:count] if isinstance(arg, ast.Constant)]
    if not count or len(texts) < count or not all(isinstance(text, str) for text in texts):
        return None
    return str(texts[0]) if count == 1 else (str(texts[0]), str(texts[1]))


def problems(code: str) -> list[str]:
    """What is wrong with a language's catalogues, a line each.

    Args:
        code: A key of `LANGUAGES` that has catalogues.

    Returns:
        Sentences that lack a translation, translations that do not fit their sentence, that no
        sentence needs any more, or that two files give differently.
    """
    wanted = sentences()
    given: dict[str, Message] = {}
    lines: list[str] = []
    for name, message in _messages(code):
        known = given.setdefault(_first(message.id), message)
        if known.string != message.string:
            lines.append(f"{name}: another file says it differently: {_first(message.id)}")
        lines += [f"{name}: {what}: {_first(message.id)}" for what in _unfit(message)]
        if _key(message) not in wanted:
            lines.append(f"{name}: no sentence of the app: {_first(message.id)}")
    there = {_key(message) for message in given.values()}
    missing = (f"{place}: not translated: {key}" for key, place in wanted.items())
    lines += [line for line, key in zip(missing, wanted, strict=True) if key not in there]
    return lines


def _files(root: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = root / source
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _messages(code: str) -> Iterator[tuple[str, Message]]:
    for path in sorted((CATALOGUES / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code, abort_invalid=True):
                if message.id:
                    yield path.name, message


def _unfit(message: Message) -> list[str]:
    forms, ids = _texts(message.string), _texts(message.id)
    found = []
    if message.fuzzy:
        found.append("marked as fuzzy")
    if not all(forms):
        found.append("a form is empty")
    elif len(ids) > 1 and len(forms) != 3:
        found.append("not three plural forms")
    wanted = set.union(*(_names(text) for text in ids))
    # All of them in every plural form: Russian's first one is also that of 21.
    if any(form and _names(form) != wanted for form in forms):
        found.append("other {names} than the sentence")
    return found


def _texts(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _first(key: str | list[str] | tuple[str, ...]) -> str:
    return _texts(key)[0]


def _key(message: Message) -> Key:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def main() -> int:
    """Lists what is wrong in all languages; 0 where nothing is."""
    lines = [f"{code}: {line}" for code in LANGUAGES if code != "en" for line in problems(code)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
