"""Parts that draw themselves anew end with their reader's access."""

from collections.abc import Callable
from typing import Any

import pytest

from core.settings import Settings
from core.ui import refreshed as module
from core.ui.refreshed import refreshed


class RerunError(Exception):
    """The whole page is drawn anew."""


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """What a view drew; fragments are drawn at once."""

    def rerun() -> None:
        raise RerunError

    def fragment(view: Callable[..., None], run_every: float | None) -> Callable[..., None]:
        assert run_every == 5.0
        return view

    monkeypatch.setattr(module.st, "rerun", rerun)
    monkeypatch.setattr(module.st, "fragment", fragment)
    return []


def test_it_draws_for_who_may_look(drawn: list[str]) -> None:
    refreshed(drawn.append, 5.0)("a run")

    assert drawn == ["a run"]


@pytest.mark.parametrize(
    "user",
    [
        {"is_logged_in": False},
        {"is_logged_in": True, "email": "tim@example.org"},
        {"is_logged_in": True, "email": "ann@example.org", "iat": 1.0},
    ],
    ids=["signed out", "without a role", "signed in long ago"],
)
def test_it_draws_nothing_for_who_may_no_more(
    user: dict[str, Any], drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class User(dict[str, Any]):
        to_dict = dict.copy

    monkeypatch.setenv("UNFREEZE_ADMINS", "ann@example.org")
    monkeypatch.setattr(module.st, "user", User(user))

    with pytest.raises(RerunError):
        refreshed(drawn.append, 5.0)("a run")

    assert not drawn
