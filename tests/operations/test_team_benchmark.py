"""The benchmark of a team in browsers: what it takes for a rerun, and for an error."""

import argparse

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.frames import Frames
from benchmarks.guest import Seen

WHOLE, PART = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


def ask(frames: Frames, at: float, fragment: str = "") -> None:
    message = BackMsg()
    message.rerun_script.fragment_id = fragment
    frames.sent(at, message.SerializeToString())


def run(frames: Frames, begins: float, ends: float, how: int = WHOLE, fragment: str = "") -> None:
    begun, drawn, ended = ForwardMsg(), ForwardMsg(), ForwardMsg()
    begun.new_session.name = "app"
    drawn.delta.fragment_id = fragment
    drawn.delta.new_element.markdown.body = "text"
    ended.script_finished = how
    for at, message in ((begins, begun), (begins, drawn), (ends, ended)):
        frames.received(at, message.SerializeToString())


def test_a_rerun_lasts_from_asking_until_its_script_has_finished() -> None:
    seen = Seen()
    frames = Frames(seen)
    ask(frames, 1.0)
    run(frames, 1.1, 1.2, EARLY)  # it began anew
    run(frames, 1.2, 1.5)
    ask(frames, 2.0, "live")
    run(frames, 2.1, 2.25, PART, "live")

    assert seen.reruns == pytest.approx([0.5, 0.25])
    assert frames.silent() == pytest.approx(0, abs=0.1)


def test_what_is_asked_while_something_runs_is_answered_by_its_own_run() -> None:
    seen = Seen()
    frames = Frames(seen)
    ask(frames, 1.0)
    run_begins = 1.1
    frames.received(run_begins, ForwardMsg(new_session={"name": "app"}).SerializeToString())
    ask(frames, 1.2, "live")
    frames.received(1.4, ForwardMsg(script_finished=WHOLE).SerializeToString())
    run(frames, 1.5, 1.7, PART, "live")

    assert seen.reruns == pytest.approx([0.4, 0.5])


def test_opening_a_page_and_an_import_are_no_reruns() -> None:
    seen = Seen()
    frames = Frames(seen)
    for purpose, begins in (("opening", 1.0), ("import", 2.0)):
        frames.purpose = purpose
        ask(frames, begins)
        ask(frames, begins, "live")
        run(frames, begins, begins + 0.5)

    assert (seen.reruns, seen.openings, seen.imports) == ([], [0.5], [0.5])


def test_a_red_card_is_an_error() -> None:
    seen = Seen()
    message = ForwardMsg()
    message.delta.new_element.alert.format = message.delta.new_element.alert.ERROR
    message.delta.new_element.alert.body = "It broke."
    Frames(seen).received(1.0, message.SerializeToString())

    assert seen.errors == ["It broke."]


@pytest.mark.parametrize(("browsers", "each"), [(0, {}), (4, (2, 1, 1)), (20, (10, 5, 5))])
def test_browsers_are_shared_out_among_all_kinds(browsers: int, each: tuple[int, ...]) -> None:
    from benchmarks.team import in_browsers

    guests = argparse.Namespace(watching=10, uploading=5, predicting=5, browsers=browsers)

    shared = in_browsers(guests)
    wanted = dict(zip(("watching", "uploading", "predicting"), each, strict=False))
    assert dict(+shared) == wanted
