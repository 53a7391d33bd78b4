"""Settings of the browser tab: title, language and cookies."""

from __future__ import annotations

from functools import cache

import streamlit as st

_JS = """
export default function ({ data }) {
  if (data.title) { document.title = data.title; }
  if (data.language) { document.documentElement.lang = data.language; }
  for (const cookie of data.cookies ?? []) { document.cookie = cookie; }
}
"""


def set_tab_title(title: str) -> None:
    """Sets the tab's title from a fragment: `st.set_page_config` works in full reruns alone."""
    _component()(data={"title": title}, key="browser_title")  # type: ignore[operator]


def tell(language: str, cookies: list[str]) -> None:
    """Set the page's language, for screen readers, and cookies.

    Args:
        language: A key of `core.language.LANGUAGES`.
        cookies: Each with name, value and attributes, as `document.cookie` takes it; a later
            session finds them in `st.context.cookies`.
    """
    _component()(  # type: ignore[operator]
        data={"language": language, "cookies": cookies}, key="browser_told"
    )


@cache
def _component() -> object:
    return st.components.v2.component("unfreeze_browser", js=_JS, isolate_styles=False)
