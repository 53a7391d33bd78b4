"""What a page tells the browser itself: the title of its tab, and cookies."""

from __future__ import annotations

from functools import cache

import streamlit as st

_JS = """
export default function ({ data }) {
  if (data.title) { document.title = data.title; }
  for (const cookie of data.cookies ?? []) { document.cookie = cookie; }
}
"""


def set_tab_title(title: str) -> None:
    """Sets the tab's title from a fragment: `st.set_page_config` works in full reruns alone."""
    _component()(data={"title": title}, key="browser_title")  # type: ignore[operator]


def set_cookies(cookies: list[str]) -> None:
    """Sets cookies, which a later session finds in `st.context.cookies`.

    Args:
        cookies: Each with name, value and attributes, as `document.cookie` takes it.
    """
    _component()(data={"cookies": cookies}, key="browser_cookies")  # type: ignore[operator]


@cache
def _component() -> object:
    return st.components.v2.component("unfreeze_browser", js=_JS, isolate_styles=False)
