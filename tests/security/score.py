"""The count of attempts: how many were made, and which of them got in or ended the server."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException

from tests.security.client import get
from tests.security.target import Target

# A name, and what says whether it got in.
Attempt = tuple[str, Callable[[Target], bool]]


@dataclass
class Score:
    """How it went.

    Attributes:
        tried: Attempts made.
        got_in: Names of those that got in.
        died: Names of those after which the server did not answer.
    """

    tried: int = 0
    got_in: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)

    def add(self, target: Target, attempts: Iterable[Attempt]) -> int:
        """Make all attempts at a server; how many they were."""
        before = self.tried
        for name, work in attempts:
            self._attempt(target, name, work)
        return self.tried - before

    def _attempt(self, target: Target, name: str, work: Callable[[Target], bool]) -> None:
        self.tried += 1
        try:
            inside = work(target)
        except (OSError, WebSocketException, TimeoutError, ValueError, EOFError):
            inside = False  # the door was shut
        if inside:
            self.got_in.append(name)
            sys.stdout.write(f"GOT IN  {name}\n")
        if not _alive(target):
            self.died.append(name)
            sys.stdout.write(f"DIED    {name}\n")


def _alive(target: Target, tries: int = 40) -> bool:
    """Whether it says `ok`; only the body tells, as unknown paths answer 200 too."""
    for _ in range(tries):
        try:
            if get(target.port, "/_stcore/health").endswith(b"ok"):
                return target.process.is_running()
        except OSError:
            pass  # not yet, or not any more
        time.sleep(0.25)
    return False
