"""Words and figures as pages show them; text from users is made safe to stand in Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from core.language import number, tr

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$])")


def plain(text: str) -> str:
    """Escapes everything that Streamlit's Markdown would take as formatting, maths or icons."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def percent(share: float, digits: int = 1) -> str:
    """A share in percent: 0.75 is "75.0 %", and the sign stays on the number's line."""
    return f"{number(100 * share, digits)}\u00a0%"


def size_words(count: int) -> str:
    """A number of bytes as people say it: 0.3 MB, 58 MB, 1.2 GB."""
    megabytes = count / 1e6
    if megabytes >= 1000:
        return tr("{size} GB", size=number(megabytes / 1000, 1))
    return tr("{size} MB", size=number(megabytes, 1 if megabytes < 10 else 0))


def told_apart(titles: Mapping[str, str]) -> dict[str, str]:
    """Titles that are all different: a select box tells its options apart by their text.

    Args:
        titles: By id.

    Returns:
        The same, where one occurs twice with the end of its id.
    """
    counts = Counter(titles.values())
    return {
        key: title if counts[title] == 1 else f"{title} · {key[-6:]}"
        for key, title in titles.items()
    }
