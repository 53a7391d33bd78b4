"""List what the catalogues lack: `python -m tests.language.untranslated`."""

from __future__ import annotations

import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from core.language import CATALOGUES, LANGUAGES
from core.settings import APP_ROOT

# Also the options of `pybabel extract -F pyproject.toml -k tr -k trn:1,2 -k mark`.
KEYWORDS = {"tr": None, "trn": (1, 2), "mark": None}
_METHODS = [("**.py", "python")]
_FOLDERS = ("core", "pages")
_FILES = ("streamlit_app.py",)

# An English sentence; with its plural, where it has one.
Key = str | tuple[str, str]


def sentences(root: Path = APP_ROOT) -> dict[Key, str]:
    """Extract all sentences of the code by Babel, each with the place of its first occurrence."""
    found: dict[Key, str] = {}
    for place, key in _extracted(root):
        found.setdefault(key, place)
    return found


def _extracted(root: Path) -> Iterator[tuple[str, Key]]:
    for folder in _FOLDERS:
        for file, line, key, *_ in extract_from_dir(root / folder, _METHODS, keywords=KEYWORDS):
            yield f"{folder}/{file}:{line}", _key(key)
    for file in _FILES:
        for line, key, *_ in extract_from_file("python", root / file, keywords=KEYWORDS):
            yield f"{file}:{line}", _key(key)


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
        if _key(message.id) not in wanted:
            lines.append(f"{name}: no sentence of the app: {_first(message.id)}")
    there = {_key(message.id) for message in given.values()}
    missing = (f"{place}: not translated: {key}" for key, place in wanted.items())
    lines += [line for line, key in zip(missing, wanted, strict=True) if key not in there]
    return lines


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


def _key(texts: str | list[str] | tuple[str, ...]) -> Key:
    return texts if isinstance(texts, str) else (texts[0], texts[1])


def main() -> int:
    """Lists what is wrong in all languages; 0 where nothing is."""
    lines = [f"{code}: {line}" for code in LANGUAGES if code != "en" for line in problems(code)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
