"""What a user sees when a page fails, and what the log holds."""

import logging
import re

import pytest
from streamlit.testing.v1 import AppTest

from core.app import around_pages
from core.app.errors import show_script_error
from core.server import SERVER
from core.settings import Settings
from tests.ui.app import words


def fails() -> None:
    from core.app.errors import show_script_error
    from core.ui.session import settle_language

    settle_language()
    try:
        raise KeyError("secret column")
    except KeyError as error:
        assert show_script_error(error)


def refuses() -> None:
    from core.app.errors import show_script_error
    from core.errors import DatasetError

    assert show_script_error(DatasetError("There is no such data set.", "Choose another one."))


def test_a_failure_is_a_card_with_a_reference_that_the_log_has(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "core.app.errors"):
        page = AppTest.from_function(fails).run()
    shown = words(page)
    (reference,) = re.findall(r"reference (\w{6}):", shown)

    assert not page.exception
    assert "failed unexpectedly: KeyError" in shown and "secret column" not in shown
    assert reference in caplog.text and "secret column" in caplog.text


def test_an_error_of_the_products_own_says_what_to_do() -> None:
    shown = words(AppTest.from_function(refuses).run())

    assert "There is no such data set." in shown and "Choose another one." in shown
    assert "unexpectedly" not in shown


def test_the_application_has_the_card(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dispatcher", "release_upload"):  # which it fills in
        monkeypatch.setattr(SERVER, name, getattr(SERVER, name))

    assert around_pages()["on_script_error"] is show_script_error
