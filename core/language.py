"""What people read, in their language: gettext catalogues, numbers and plurals.

`tr` and `trn` stand around every sentence that a person sees, wherever it is made. English is in
the code; `core/locale/<language>/*.po` hold the others, one file an area. A string that is made
when a module is loaded is only marked, by `mark`, and told by `tr` where it is shown.

Who reads is known to the user interface alone: it says so by `follow`. Everywhere else, as in the
process that trains, the language is English; what that process writes for people keeps what it was
made from (`Words.record`), so that a page can tell it again in the reader's language (`retold`).
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = {"en": "English", "ru": "Русский"}
CATALOGUES = Path(__file__).with_name("locale")


class Words(str):
    """A told sentence that remembers what it was made from.

    Attributes:
        message: The English sentence, with `{names}` of its values.
        many: Its English plural; "" where it has none.
        values: What stands for the names; `count` decides the plural.
    """

    message: str
    many: str
    values: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """Plain values to write as JSON, for `retold`."""
        return {"message": self.message, "many": self.many, "values": _plain_values(self.values)}


def tr(message: str, /, **values: Any) -> Words:
    """Tells a sentence in the reader's language.

    Args:
        message: The English sentence; `{name}` stands for a value.
        **values: An int is written with its thousands apart; a `Words` is told anew. Give a float
            through `number`, and what is no quantity, such as an id or a year, as a string.

    Returns:
        The sentence.
    """
    return _told(message, "", values)


def trn(one: str, many: str, count: int, /, **values: Any) -> Words:
    """Tells a sentence about `count` things, which both forms may name as `{count}`."""
    return _told(one, many, {**values, "count": count})


def mark(message: str) -> str:
    """Marks an English sentence for the catalogues; `tr` tells it where it is shown."""
    return message


def retold(record: Mapping[str, Any] | None, otherwise: str) -> str:
    """Tells what another process wrote in the reader's language.

    Args:
        record: What `Words.record` gave; None where there is none.
        otherwise: What is shown then, or where the record cannot be read.
    """
    try:
        values = {name: _revived(value) for name, value in (record or {})["values"].items()}
        return _told(record["message"], record["many"], values) if record else otherwise
    except (KeyError, TypeError, ValueError, AttributeError):
        return otherwise


def number(value: float, digits: int = 0) -> str:
    """A number as the reader writes it: 1234.5 is "1,234.5" in English and "1 234,5" in Russian."""
    text = format_decimal(round(value, digits), _pattern(digits), _locale(language()))
    return str(text)


def follow(reader: Callable[[], str]) -> None:
    """Says whom to ask for the language of the person who reads; for the user interface."""
    _READER[0] = reader


def language() -> str:
    """The reader's language, a key of `LANGUAGES`."""
    return _READER[0]()


def best_language(wanted: str | None) -> str:
    """The language that fits what a browser asks for, such as "ru-RU"; English for all others."""
    code = (wanted or "").replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else "en"


@cache
def catalogue(code: str) -> gettext.NullTranslations:
    """A language's sentences, gathered from all its files; empty for English."""
    gathered = Catalog(locale=code)
    for path in sorted((CATALOGUES / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if message.id and not message.fuzzy:
                    gathered.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, gathered)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _english() -> str:
    return "en"


# Whom `language` asks: Streamlit's threads are many, so that no variable of theirs would do.
_READER: list[Callable[[], str]] = [_english]


def _told(message: str, many: str, values: dict[str, Any]) -> Words:
    code = language()
    text = _looked_up(code, message, many, values)
    shown = {name: _shown(value) for name, value in values.items()}
    words = Words(text.format(**shown) if values else text)
    words.message, words.many, words.values = message, many, values
    return words


def _looked_up(code: str, message: str, many: str, values: Mapping[str, Any]) -> str:
    if code == "en" or not message:
        return many if many and values["count"] != 1 else message
    known = catalogue(code)
    return known.ngettext(message, many, values["count"]) if many else known.gettext(message)


def _shown(value: Any) -> Any:
    if isinstance(value, Words):
        return _told(value.message, value.many, value.values)
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"words": value.record()}
        if isinstance(value, Words)
        else value
        if isinstance(value, int)
        else str(value)
        for name, value in values.items()
    }


def _revived(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = value["words"]
    return _told(
        inner["message"], inner["many"], {n: _revived(v) for n, v in inner["values"].items()}
    )


def _pattern(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)
