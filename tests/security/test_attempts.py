"""A part of `python -m tests.security` that needs no browser and takes seconds."""

from collections.abc import Callable, Iterator

import pytest

from tests.security.insiders import insider_attempts
from tests.security.score import Attempt, Score
from tests.security.strangers import stranger_attempts
from tests.security.target import Target, digests, leaks, lost

# These wait for a silent server, hold connections open, or press every button of a page.
LONG = (
    "unknown page",
    "on the wire",
    "never end",
    "connections",
    "too large",
    "every button",
    "above the limit",
)


def quick(attempts: Iterator[Attempt]) -> list[Attempt]:
    return [attempt for attempt in attempts if not any(part in attempt[0] for part in LONG)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "attempts", "least"),
    [("with_login", stranger_attempts, 70), ("behind_proxy", insider_attempts, 35)],
)
def test_nothing_gets_in_ends_the_server_or_changes_a_file(
    request: pytest.FixtureRequest,
    server: str,
    attempts: Callable[[Target], Iterator[Attempt]],
    least: int,
) -> None:
    target: Target = request.getfixturevalue(server)
    before, score = digests(target.workspace), Score()

    score.add(target, quick(attempts(target)))

    assert score.tried >= least
    assert (score.got_in, score.died, lost(target.workspace, before)) == ([], [], [])
    assert before


def test_an_attempt_that_gets_in_is_counted(with_login: Target) -> None:
    def refused(target: Target) -> bool:
        raise ConnectionRefusedError

    score = Score()
    score.add(with_login, [("open door", lambda target: True), ("shut door", refused)])

    assert (score.tried, score.got_in, score.died) == (2, ["open door"], [])


def test_what_must_not_come_out_is_recognised() -> None:
    assert leaks("root:x:0:0") and leaks(b"Kept-By-Ann-9f3c-3.png")
    assert not leaks("Sign in")
