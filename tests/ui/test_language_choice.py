"""The language of a session: a link's, the one chosen before, the browser's; and the switch."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.language import language
from core.settings import Settings
from tests.ui.app import open_page

SWITCH = "language_choice"


def language_of(page: AppTest) -> str:
    """The language that the page tells the browser."""
    assert not page.exception
    return str(told(page)["language"])


def told(page: AppTest) -> dict:
    parts = [json.loads(part.proto.json) for part in page.sidebar.get("bidi_component")]
    return next(part for part in parts if "language" in part)


@pytest.fixture
def browser(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A browser that asks for Russian."""
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.locale", "ru-RU")
    return monkeypatch


def test_english_where_nothing_is_known(settings: Settings) -> None:
    assert language_of(open_page()) == "en"


def test_the_browser_decides_at_first(browser: pytest.MonkeyPatch) -> None:
    assert language_of(open_page()) == "ru"


def test_what_was_chosen_before_comes_before_the_browser(browser: pytest.MonkeyPatch) -> None:
    cookies = {"unfreeze_language": "en"}
    browser.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)

    assert language_of(open_page()) == "en"
    assert language_of(open_page(lang="ru")) == "ru", "a link comes before both"


def test_a_language_that_nobody_has_is_passed_over(settings: Settings) -> None:
    assert language_of(open_page(lang="xx")) == "en"


def test_the_switch_holds_on_every_page_and_the_browser_remembers(settings: Settings) -> None:
    page = open_page(lang="en")
    page.segmented_control(key=SWITCH).set_value("ru").run()

    assert language_of(page) == "ru"
    assert "lang" not in page.query_params
    assert told(page)["cookies"] == ["unfreeze_language=ru; path=/; max-age=31536000; SameSite=Lax"]
    assert language_of(page.switch_page("pages/6_Runs.py").run()) == "ru"
    assert page.segmented_control(key=SWITCH).value == "ru"

    page.segmented_control(key=SWITCH).set_value("en").run()
    assert language_of(page) == "en"


def test_outside_a_page_it_is_english(settings: Settings) -> None:
    open_page(lang="ru")

    assert language() == "en"
