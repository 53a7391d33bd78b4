"""Glossary of the terms on the pages, from the documentation, in the reader's language."""

from __future__ import annotations

import streamlit as st

from core.language import tr
from core.settings import APP_ROOT
from core.ui import session
from core.ui.refreshed import in_dialog


def glossary_button(place: str) -> None:
    """Show a button that opens the glossary.

    Args:
        place: Distinguishes the button from others of the page.
    """
    if st.button(
        tr("Glossary"),
        icon=":material/menu_book:",
        type="tertiary",
        key=f"glossary_{place}",
    ):
        in_dialog(_table, tr("Glossary"), "large")()


def glossary_text(language: str) -> str:
    """Read the glossary as Markdown, without its title; English where a language has none."""
    docs = APP_ROOT / "docs"
    own = docs / f"glossary_{language}.md"
    text = (own if own.exists() else docs / "glossary.md").read_text(encoding="utf-8")
    return text.split("\n", 1)[1].strip()


def _table() -> None:
    st.markdown(glossary_text(session.language()))
