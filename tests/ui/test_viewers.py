"""The pace of live views: quick for a few, shared by many; and what those many share."""

from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.ui.runs import viewers as module
from core.ui.runs.viewers import SLOWEST_SECONDS, Shared, Viewers, age_allowed, keep_pace, pace


class Context:
    """A session whose fragment runs."""

    fragment_ids_this_run = ("another", "live")

    def __init__(self) -> None:
        self.session_id = ""
        self.sent: list[ForwardMsg] = []
        self.enqueue = self.sent.append


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


def test_a_view_tells_its_browser_the_pace_of_the_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    context, clock, crowd = Context(), [0.0], Viewers()
    state = SimpleNamespace(get=lambda: SimpleNamespace(fragment_id="live"))
    monkeypatch.setattr(module, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(module, "ThreadState", state)
    monkeypatch.setattr(module, "_viewers", lambda: crowd)
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    for moment, session in [(0.0, "first"), *((1.0, f"{n}") for n in range(29)), (99.0, "first")]:
        clock[0], context.session_id = moment, session
        keep_pace(1.0)

    told = [message.auto_rerun for message in context.sent]
    assert {timer.fragment_id for timer in told} == {"live"}
    assert told[0].interval == told[-1].interval == 1.0
    assert told[-2].interval == 6.0


def test_where_the_whole_page_runs_no_pace_is_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context()
    context.fragment_ids_this_run = ()
    monkeypatch.setattr(module, "get_script_run_ctx", lambda: context)
    keep_pace(1.0)

    assert not context.sent


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
