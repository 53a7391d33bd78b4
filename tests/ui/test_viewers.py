"""The pace of live views: quick for a few, shared by many; and what those many share."""

from collections.abc import Callable

import pytest

from core.ui.runs import viewers as module
from core.ui.runs.viewers import (
    SLOWEST_SECONDS,
    Shared,
    Viewers,
    age_allowed,
    is_close,
    pace,
    paced,
)


def test_a_few_viewers_have_the_full_pace() -> None:
    assert [pace(viewers, 2, quickest=1.0) for viewers in (1, 5)] == [1.0, 1.0]
    assert pace(5, 2, quickest=2.0) == 2.0


def test_many_viewers_share_what_the_machine_can_spare() -> None:
    assert pace(30, 2, quickest=1.0) == 6.0
    assert pace(30, 12, quickest=1.0) == 1.0
    assert pace(10_000, 2, quickest=1.0) == SLOWEST_SECONDS


def test_what_looks_less_often_slows_down_as_much() -> None:
    assert pace(10, 2, quickest=3.0) == 6.0
    assert pace(30, 2, quickest=3.0) == SLOWEST_SECONDS
    assert pace(30, 2, quickest=20.0) == 20.0


def test_viewers_that_left_no_longer_count() -> None:
    viewers = Viewers()
    assert viewers.count("a", 0.0) == 1
    assert viewers.count("b", 10.0) == 2
    assert viewers.count("b", 25.0) == 2
    assert viewers.count("b", 45.0) == 1


class RedrawnError(Exception):
    """The whole page is drawn anew."""


def test_a_page_is_drawn_anew_once_the_crowd_needs_another_pace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, crowd, told = [""], Viewers(), []
    monkeypatch.setattr(module.session, "session_id", lambda: session[0])
    monkeypatch.setattr(module, "_viewers", lambda: crowd)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)

    def redraw() -> None:
        raise RedrawnError

    def refreshed(view: Callable[[str], None], seconds: float) -> Callable[[str], None]:
        told.append(seconds)
        return view

    monkeypatch.setattr(module.st, "rerun", redraw)
    monkeypatch.setattr(module, "refreshed", refreshed)
    drawn: list[str] = []
    look = paced(drawn.append, 1.0)
    for visitor in range(6):
        session[0] = f"{visitor}"
        look("few")
    assert drawn == ["few"] * 6  # six need hardly a slower pace than one
    for visitor in range(29):
        crowd.count(f"{visitor}", module.time.monotonic())
    with pytest.raises(RedrawnError):
        look("many")
    paced(drawn.append, 1.0)("many")

    assert drawn[6:] == ["many"]
    assert told[0] == 1.0 and told[1] > 5.0


def test_a_pace_that_differs_little_is_near_enough() -> None:
    assert is_close(1.0, 1.4) and is_close(1.4, 1.0)
    assert not is_close(1.0, 1.6) and not is_close(6.0, 1.0)


def test_who_is_alone_sees_all_as_it_is() -> None:
    assert age_allowed(1, 1.0) == 0.0
    assert age_allowed(30, 6.0) == 3.0


def test_what_many_see_is_made_once_for_them() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("picture")
        return f"{made[-1]} {len(made)}"

    kept = Shared[str]()
    seen = [kept.get(version, make, 3.0, now) for version, now in [(1, 0.0), (2, 1.0), (3, 2.9)]]
    assert seen == ["picture 1"] * 3
    assert kept.get(4, make, 3.0, 3.0) == "picture 2"
    assert kept.get(5, make, 0.0, 3.1) == "picture 3"
    assert kept.get(5, make, 0.0, 9.0) == "picture 3"
