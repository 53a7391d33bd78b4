"""Text from users, such as class and file names, made safe to stand in Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$])")


def plain(text: str) -> str:
    """Escapes everything that Streamlit's Markdown would take as formatting, maths or icons."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
