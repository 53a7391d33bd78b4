"""Texts for people, in their language: gettext catalogues, numbers and plurals.

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
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_datetime
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


class Number(str):
    """A written number that remembers its value, so that it can be told in another language.

    Attributes:
        value: The number.
        digits: After the decimal point.
        signed: Whether a plus stands before what is above zero.
    """

    value: float
    digits: int
    signed: bool


def tr(message: str, /, **values: Any) -> Words:
    """Translate a sentence into the reader's language.

    Args:
        message: The English sentence; `{name}` stands for a value.
        **values: An int is written with its thousands apart; a `Words` is told anew. Give a float
            through `number`, and what is no quantity, such as an id or a year, as a string.

    Returns:
        The sentence.
    """
    return _told(message, "", values)


def trn(one: str, many: str, count: int, /, **values: Any) -> Words:
    """Translate a sentence about `count` things, which both forms may name as `{count}`."""
    return _told(one, many, {**values, "count": count})


def mark(message: str) -> str:
    """Marks an English sentence for the catalogues; `tr` tells it where it is shown."""
    return message


def retold(record: Mapping[str, Any] | None, otherwise: str) -> str:
    """Translate a record that another process wrote.

    Args:
        record: What `Words.record` gave; None where there is none.
        otherwise: What is shown then, or where the record cannot be read.
    """
    try:
        values = {name: _revived(value) for name, value in (record or {})["values"].items()}
        return _told(record["message"], record["many"], values) if record else otherwise
    except (KeyError, TypeError, ValueError, AttributeError):
        return otherwise


def anew(words: str) -> str:
    """Translate a `Words` again for the current reader; other text stays as it is."""
    return _told(words.message, words.many, words.values) if isinstance(words, Words) else words


def number(value: float, digits: int = 0, signed: bool = False) -> Number:
    """A number as the reader writes it: 1234.5 is "1,234.5" in English and "1 234,5" in Russian.

    Args:
        value: The number; what is none is written as "nan".
        digits: After the decimal point.
        signed: Whether a plus stands before what is above zero; what is written as zero has no
            sign then.
    """
    finite = math.isfinite(value)
    rounded = round(value, digits) if finite else value
    text = _decimal(abs(rounded), digits, language()) if finite else str(abs(value))
    minus = rounded < 0 or (math.copysign(1, rounded) < 0 and not signed)
    told = Number(("-" if minus else "+" if signed and rounded > 0 else "") + text)
    told.value, told.digits, told.signed = value, digits, signed
    return told


def plain_number(value: float) -> str:
    """A small number with as many digits as it has, such as a rate: 0.0003, or 1e-05."""
    text = f"{value:g}"
    return text if "e" in text else number(value, len(text.partition(".")[2]))


def moment(seconds: float) -> str:
    """A day and time on this machine's clock: "24 Nov, 17:05", with the year where it is another.

    Args:
        seconds: Since the epoch.
    """
    there, now = time.localtime(seconds), time.localtime()
    return _moment(seconds, language(), there.tm_year != now.tm_year)


def in_english() -> AbstractContextManager[None]:
    """Translate everything inside into English: for files that others will read."""
    return in_language("en")


def english(words: str) -> str:
    """English text of a `Words`; other text as it is."""
    with in_english():
        return str(anew(words))


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Translate everything inside into one language, whoever reads."""
    token = _FIXED.set(code)
    try:
        yield
    finally:
        _FIXED.reset(token)


def follow(reader: Callable[[], str]) -> None:
    """Set the function that tells the reader's language; for the user interface."""
    _READER[0] = reader


def language() -> str:
    """The reader's language, a key of `LANGUAGES`."""
    return _FIXED.get() or _READER[0]()


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
# What counts before the reader does, where a thread writes for others.
_FIXED: ContextVar[str] = ContextVar("fixed_language", default="")


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
        return anew(value)
    if isinstance(value, Number):
        return number(value.value, value.digits, value.signed)
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Words):
        return {"words": value.record()}
    if isinstance(value, Number) and math.isfinite(value.value):
        return {"number": value.value, "digits": value.digits, "signed": value.signed}
    return value if isinstance(value, int) else str(value)


def _revived(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "number" in value:
        return number(value["number"], value["digits"], value["signed"])
    inner = value["words"]
    return _told(
        inner["message"], inner["many"], {n: _revived(v) for n, v in inner["values"].items()}
    )


@lru_cache(maxsize=8192)
def _decimal(value: float, digits: int, code: str) -> str:
    """Kept: a page writes the same hundreds of numbers in every rerun."""
    return str(format_decimal(value, _pattern(digits), _locale(code)))


@lru_cache(maxsize=8192)
def _moment(seconds: float, code: str, with_year: bool) -> str:
    there = datetime.fromtimestamp(seconds).astimezone()
    pattern = "dd MMM y, HH:mm" if with_year else "dd MMM, HH:mm"
    return str(format_datetime(there, pattern, tzinfo=there.tzinfo, locale=_locale(code)))


def _pattern(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)
