"""Explanations stand beside the thing itself, and stay hidden once they were hidden."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import Dataset
from core.ui.glossary import glossary_text
from core.ui.tips import TIPS
from tests.ui.app import open_page, words

HEAD = "pages/2_Head.py"


@pytest.fixture
def page(make_dataset: Callable[..., Dataset]) -> AppTest:
    make_dataset()
    return open_page(HEAD)


def test_head_explains_heads_and_freezing(page: AppTest) -> None:
    assert not page.exception
    for name in ("head", "freeze"):
        assert TIPS[name].answer in words(page)


def test_a_hidden_one_stays_hidden_and_the_browser_remembers(page: AppTest) -> None:
    page.button(key="hide_tip_freeze").click().run()

    assert TIPS["freeze"].question not in words(page)
    assert TIPS["head"].question in words(page.run())
    (told,) = page.sidebar.get("bidi_component")
    assert "unfreeze_tip_freeze=hidden; path=/; max-age=31536000" in told.proto.json


def test_home_brings_all_back(page: AppTest) -> None:
    page.button(key="hide_tip_head").click().run()
    page.switch_page("streamlit_app.py").run()
    page.button(key="show_tips").click().run()

    assert "show_tips" not in {button.key for button in page.button}
    assert "unfreeze_tip_head=hidden; path=/; max-age=0" in (
        page.sidebar.get("bidi_component")[0].proto.json
    )
    assert TIPS["head"].question in words(page.switch_page(HEAD).run())


def test_a_browser_that_remembers_shows_none(
    make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_dataset()
    cookies = {f"unfreeze_tip_{name}": "hidden" for name in TIPS}
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)

    assert TIPS["head"].question not in words(open_page(HEAD))


@pytest.mark.parametrize("name", TIPS)
def test_each_is_short(name: str) -> None:
    assert TIPS[name].question.endswith("?")
    assert len(TIPS[name].answer.split()) <= 60


def test_tips_lead_to_the_glossary(page: AppTest) -> None:
    page.button(key="glossary_head").click().run()

    assert not page.exception
    assert "| backbone |" in words(page)


def test_the_glossary_is_in_every_language() -> None:
    english, russian = glossary_text("en"), glossary_text("ru")

    assert "near-duplicate" in english
    assert "почти дубликат" in russian
    assert "Glossary" not in glossary_text("fr").split("\n")[0]
    assert glossary_text("fr") == english
