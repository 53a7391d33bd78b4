"""The frame of every page: configuration, look, and the sidebar of steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.datasets import Dataset
from core.errors import TeamError, UnfreezeError
from core.language import anew, tr, trn
from core.runs import Run
from core.ui import browser, session
from core.ui.cards import error_card
from core.ui.language_choice import language_cookies, show_language_choice
from core.ui.refreshed import watch_access
from core.ui.runs.active_run import announce_ended, show_active_run
from core.ui.start_up import settle
from core.ui.steps import STEPS, progress
from core.ui.tab_title import followed_run, keep_tab_title, tab_title
from core.ui.team.account import show_account
from core.ui.team.gate import refusal
from core.ui.text import plain
from core.ui.tips import tip_cookies

# A file of our own: the browser would fetch a Material symbol from the internet.
ICON = Path(__file__).with_name("icon.png")
_CSS = """
<style>
  .block-container { padding-top: 2.5rem; padding-bottom: 4rem; max-width: 82rem; }
  [data-testid="stSidebarContent"] [data-testid="stPageLink"] a { padding-block: 0.35rem; }
  [data-testid="stSidebarUserContent"] { padding-top: 0; }
  [class*="st-key-step-"] { gap: 0; border-radius: 0.6rem; padding-bottom: 0.3rem; }
  [class*="st-key-step-"] [data-testid="stCaptionContainer"] { padding-left: 2.2rem; }
  [class*="st-key-step-"][class*="-here"] { background: rgba(43, 138, 198, 0.14); }
  [class*="-here"] [data-testid="stPageLink"] a { background: transparent; }
  [data-testid="stMetricValue"] { font-size: 1.6rem; }
  /* A label that is longer in another language takes a second line instead of an ellipsis. */
  [data-testid="stMetricLabel"] :is(div, p) { white-space: normal; overflow: visible; }
  /* Streamlit's captions are too pale to read on a tinted ground. */
  [data-testid="stCaptionContainer"] { color: inherit; opacity: 0.78 !important; }
  /* On a phone, figures stand two in a row instead of filling three screens. */
  @media (max-width: 640px) {
    [data-testid="stColumn"]:has(> * > * > [data-testid="stMetric"]) {
      min-width: calc(50% - 1rem); flex: 1 1 calc(50% - 1rem); } }
  /* The dark theme's orange is light enough to be read; white text on a button needs this one. */
  [class*="st-key-empty-"] [data-testid="stPageLink"] a,
  [data-testid^="stBaseButton-primary"]:not(:disabled) {
    background: #BC4409; border-color: #BC4409; color: white; }
  [data-testid^="stBaseButton-primary"]:hover:not(:disabled) { background: #A63C08; }
  [class*="st-key-empty-"] [data-testid="stPageLink"] a { padding: 0.4rem 0.9rem; }
  [class*="st-key-empty-"] [data-testid="stPageLink"] a * { color: white; }
  /* An explanation: tinted, and its button a mere cross whose words are read out. */
  [class*="st-key-tip-"] { background: rgba(43, 138, 198, 0.09); border-radius: 0.6rem;
    border-left: 3px solid #2B8AC6; padding: 0.6rem 0.4rem 0.6rem 0.9rem; flex-wrap: nowrap; }
  [class*="st-key-tip-"] [data-testid="stMarkdownContainer"] p { font-size: 0.9rem; }
  [class*="st-key-hide_tip_"] button { min-height: 1.6rem; padding: 0 0.3rem; }
  [class*="st-key-hide_tip_"] button p { position: absolute; width: 1px; height: 1px;
    overflow: hidden; clip-path: inset(50%); }
  /* On the sidebar's own tint, the chosen language's text needs a ground without another one. */
  [class*="st-key-language_choice"] button[aria-checked="true"] {
    background: transparent !important; }
  /* What is unfrozen shows as a border that moves. */
  @media (prefers-reduced-motion: no-preference) {
    [class*="st-key-block_map"] .barlayer path { transition: fill 0.35s, stroke 0.35s; }
    [class*="st-key-block_map"] .shapelayer path { transition: d 0.35s; } }
  /* Markdown makes a link of every address; people's are there to be read. */
  a[href^="mailto:"] { color: inherit !important; text-decoration: none; pointer-events: none; }
  /* Charts take the page's ink in either theme, also when it is switched. */
  .js-plotly-plot :is(.xtick, .ytick, .y2tick, .legend, .infolayer [class^="g-"]) text,
  :is([class*="st-key-block_map"], [class*="st-key-rate_curve"]) .annotation text {
    fill: currentColor !important; }
</style>
"""


def setup(title: str, step: str) -> None:
    """Sets the page up; every page calls it first.

    Args:
        title: The page's name, in the browser's tab and as its heading; marked by `mark`, because
            only here the language of this run is settled.
        step: Key of the step that it is: `home`, `data`, `head`, `fine_tune`, `evaluate`,
            `predict` or `runs`.
    """
    settle(step)
    session.settle_language()
    title = tr(title)
    _let_in()
    hidden = _hidden_link()
    name = "Unfreeze" if step == "home" else f"{title} · Unfreeze"
    runs = session.run_store().list()
    followed = followed_run(runs, step)
    st.set_page_config(page_title=tab_title(name, followed), page_icon=str(ICON), layout="wide")
    st.html(_CSS)
    session.show_in_url()
    dataset = session.current_dataset()
    announce_ended(runs, step)
    _sidebar(dataset, runs, step)
    with st.sidebar:
        show_language_choice()
        keep_tab_title(name, followed)
        watch_access()
        browser.tell(session.language(), [*tip_cookies(), *language_cookies()])
    if step != "home":
        st.title(title, anchor=False)
    if hidden is not None:
        error_card(hidden)
        st.stop()


def _let_in() -> None:
    """Goes on for a person who is in; for all others the run ends with what they see instead."""
    instead = refusal()
    if instead is not None:
        st.set_page_config(page_title="Unfreeze", page_icon=str(ICON), layout="centered")
        # Whose access was taken away on an open page has its empty sidebar still.
        st.html(f"{_CSS}<style>[data-testid='stSidebar'] {{ display: none; }}</style>")
        instead()
        st.stop()


def _hidden_link() -> UnfreezeError | None:
    """Reason why the run or data set in the URL is hidden; stops the page where that is unknown."""
    try:
        return session.hidden_link()
    except TeamError as error:
        error_card(error)
        st.stop()


def _sidebar(dataset: Dataset | None, runs: Sequence[Run], current: str) -> None:
    done = progress(dataset, runs)
    with st.sidebar:
        st.page_link("streamlit_app.py", label="**Unfreeze**", icon=":material/ac_unit:")
        if dataset is not None:
            classes = trn("{count} class", "{count} classes", len(dataset.class_names))
            st.caption(f"{plain(dataset.name)} · {classes}")
        for step in STEPS:
            state = done[step.key]
            here = "-here" if step.key == current else ""
            with st.container(key=f"step-{step.key}{here}"):
                title = tr(step.title)
                label = f"**{title}**" if step.key == current else title
                icon = ":material/check_circle:" if state.done else step.icon
                st.page_link(step.page, label=label, icon=icon, width="stretch")
                st.caption(state.caption)
        show_active_run(runs, current)
        _warn_of_queue()
        _warn_of_database()
        show_account()


def _warn_of_queue() -> None:
    queue = session.dispatcher()
    if queue is not None and queue.error is not None:
        # Told by the queue's thread, which knows no reader.
        st.warning(f"{plain(anew(queue.error.what))} {plain(anew(queue.error.way_out))}")


def _warn_of_database() -> None:
    error = session.database_error()
    if error is not None:
        # Told for whoever met it first.
        st.warning(f"{plain(anew(error.what))} {plain(anew(error.way_out))}")
