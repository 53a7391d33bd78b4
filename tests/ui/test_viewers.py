"""The pace of live views: quick for a few, shared by many."""

from core.ui.viewers import SLOWEST_SECONDS, Viewers, pace


def test_a_few_viewers_have_the_full_pace() -> None:
    assert [pace(viewers, 2, quickest=1.0) for viewers in (1, 5)] == [1.0, 1.0]
    assert pace(5, 2, quickest=2.0) == 2.0


def test_many_viewers_share_what_the_machine_can_spare() -> None:
    assert pace(30, 2, quickest=1.0) == 6.0
    assert pace(30, 12, quickest=1.0) == 1.0
    assert pace(10_000, 2, quickest=1.0) == SLOWEST_SECONDS


def test_viewers_that_left_no_longer_count() -> None:
    viewers = Viewers()
    assert viewers.count("a", 0.0) == 1
    assert viewers.count("b", 10.0) == 2
    assert viewers.count("b", 25.0) == 2
    assert viewers.count("b", 45.0) == 1
