"""Who is in, who is not, and what each of them sees instead of the page."""

import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import APP_ROOT, Settings
from core.ui.team.account import reached_from_here_alone
from core.ui.team.sign_in import Attempts
from tests.ui.app import words

ANN = {"is_logged_in": True, "email": "Ann@Example.org", "name": "Ann", "email_verified": True}


def open_as(user: dict[str, Any], page: str = "") -> AppTest:
    app = AppTest.from_file(APP_ROOT / "streamlit_app.py", default_timeout=100)
    app.user = user
    if page:
        app.switch_page(page)
    return app.run()


@pytest.fixture(autouse=True)
def roles(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_TRAINERS", "@example.org")


def test_nobody_sees_the_sign_in_card_alone() -> None:
    app = open_as({"is_logged_in": False}, "pages/6_Runs.py")

    assert [button.label for button in app.button] == ["Sign in"]
    assert "Runs" not in [title.value for title in app.title]
    assert not app.sidebar.markdown


def test_who_is_in_sees_their_name_and_role_in_the_sidebar() -> None:
    app = open_as({**ANN, "iat": time.time() - 60})

    assert any("**Ann** · trainer" in text.value for text in app.sidebar.markdown)
    assert app.sidebar.button(key="sign_out").label == "Sign out"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "eve@elsewhere.example"}, "may not use this app"),
        ({"email": "eve@example.org.elsewhere.example"}, "may not use this app"),
        ({"email_verified": False}, "is not verified"),
        ({"email": None}, "did not tell your e-mail address"),
    ],
)
def test_who_may_not_is_told_why_and_can_sign_out(changes: dict[str, Any], said: str) -> None:
    app = open_as({**ANN, **changes})

    assert said in words(app)
    assert [button.label for button in app.button] == ["Sign out"]


def test_a_sign_in_that_is_too_old_asks_again() -> None:
    app = open_as({**ANN, "iat": time.time() - 13 * 3600})

    assert "one holds for 12 hours" in words(app)
    assert [button.label for button in app.button] == ["Sign in"]


def test_without_a_login_every_page_says_who_can_get_in() -> None:
    app = open_as({}, "pages/1_Data.py")

    said = next(c.value for c in app.sidebar.caption if "No login" in c.value)
    assert "anybody who reaches this address can use it" in said


@pytest.mark.parametrize(
    ("address", "headers", "here"),
    [
        ("localhost", {"Host": "localhost:8501"}, True),
        ("localhost", {}, True),
        ("", {"Host": "localhost:8501"}, False),
        ("localhost", {"Host": "team.example.org"}, False),
        ("localhost", {"Host": "localhost:8501", "X-Forwarded-For": "10.0.0.7"}, False),
    ],
)
def test_a_proxy_brings_others_to_a_server_that_listens_here(
    address: str, headers: dict[str, str], here: bool
) -> None:
    assert reached_from_here_alone(address, headers) == here


def test_a_browser_that_comes_back_without_an_answer_is_told_once() -> None:
    attempts = Attempts()
    attempts.begin("browser", 0.0)
    attempts.begin("", 0.0)

    assert not attempts.end("another", 1.0)
    assert attempts.end("browser", 1.0)
    assert not attempts.end("browser", 2.0)
    assert not attempts.end("", 1.0)

    attempts.begin("browser", 0.0)
    assert not attempts.end("browser", 10_000.0)
