"""What a stranger, a viewer and a trainer get who do not use the app as it is meant.

It starts two servers on 127.0.0.1: one with a login, at which strangers try themselves, and one
that believes a proxy's header, where a viewer and a trainer try to see and to change what is an
admin's alone: by raw requests, and by a real browser where there is Chromium (`in_browser` of those
`tried`). All of it is bounded in number and time.

`python -m tests.security` prints what got in, and last a line of JSON: `tried`, `in_browser`,
`got_in`, `server_died`, `data_lost`. The last three must be 0.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.doorkeeper import Doorkeeper
from tests.security.insiders import insider_attempts
from tests.security.score import Attempt, Score
from tests.security.strangers import stranger_attempts
from tests.security.target import Target, digests, filled, lost, served


def main() -> int:
    """Tries everything.

    Returns:
        The exit code: 1 where something got in, died or was lost.
    """
    score, in_browser = Score(), 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        private = filled(Path(folder) / "workspace")
        before = digests(private.workspace)
        for proxied, attempts in ((False, stranger_attempts), (True, insider_attempts)):
            target = stack.enter_context(served(private, proxied))
            score.add(target, attempts(target))
            with _browsing(target, proxied) as more:
                in_browser += score.add(target, more)
        gone = lost(private.workspace, before)
    for name in gone:
        sys.stdout.write(f"LOST    {name}\n")
    result = {
        "tried": score.tried,
        "in_browser": in_browser,
        "got_in": len(score.got_in),
        "server_died": len(score.died),
        "data_lost": len(gone),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return int(any(result[name] for name in ("got_in", "server_died", "data_lost")))


@contextmanager
def _browsing(target: Target, proxied: bool) -> Iterator[Iterator[Attempt]]:
    """Attempts with a real browser; none, and a word why, where there is no browser."""
    try:
        from tests.security import browser as tries
    except ModuleNotFoundError:
        sys.stdout.write("NO BROWSER: playwright is not installed (requirements-dev.txt)\n")
        yield iter(())
        return
    with tries.chromium() as browser, Doorkeeper(target.port) as door:
        if browser is None:
            sys.stdout.write("NO BROWSER: no Chromium on this machine (apt-get install chromium)\n")
            yield iter(())
        elif proxied:
            yield tries.browser_attempts_behind_proxy(target, browser, door)
        else:
            yield tries.browser_attempts_at_login(target, browser)


if __name__ == "__main__":
    sys.exit(main())
