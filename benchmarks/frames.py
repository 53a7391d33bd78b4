"""How long a page's reruns take, from the frames of its websocket in a browser."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.guest import Seen


@dataclass
class Asked:
    """A rerun that a browser asked for.

    Attributes:
        at: When, in seconds of the browser's clock.
        fragment: Id of the fragment; "" for the page.
        purpose: What the person did then: `opening` a page, an `import`, or anything else, "".
        heard: When it was asked for, by this process's clock.
    """

    at: float
    fragment: str
    purpose: str
    heard: float = field(default_factory=time.monotonic)


class Frames:
    """Reads the frames as they come; times are the browser's own, so a slow reader does no harm.

    A rerun begins when its request is sent and ends when the message comes that its script has
    finished, as for `benchmarks.guest.Guest`; a script that had to begin anew has not finished.

    Args:
        seen: Takes the reruns, imports, and what went wrong.
    """

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._waiting: list[Asked] = []
        self._fragments: set[str] = set()
        self._began = 0.0
        self.purpose = ""
        self.finished = 0
        self.last_finished = time.monotonic()

    def forget(self) -> None:
        """The page is left: nothing is answered any more."""
        self._waiting, self._fragments = [], set()

    def silent(self) -> float:
        """For how many seconds the server has answered nothing, while a request waits.

        Not how long the oldest waits: the server makes one run of requests that come together.
        """
        now = time.monotonic()
        since_asked = now - min((asked.heard for asked in self._waiting), default=now)
        return min(since_asked, now - self.last_finished)

    def sent(self, at: float, data: bytes) -> None:
        """A frame to the server."""
        message = BackMsg.FromString(data)
        if message.WhichOneof("type") == "rerun_script":
            asked = Asked(at, message.rerun_script.fragment_id, self.purpose)
            self._waiting.append(asked)

    def received(self, at: float, data: bytes) -> None:
        """A frame from the server."""
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._fragments.add(message.delta.fragment_id)
            self._seen.note([message])
        elif kind == "new_session":
            self._began, self._fragments = at, set()
        elif kind == "script_finished":
            self._end(at, message.script_finished)

    def _end(self, at: float, how: int) -> None:
        part = how == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        if not part and how != ForwardMsg.FINISHED_SUCCESSFULLY:
            return
        self.finished += 1
        self.last_finished = time.monotonic()
        begun = [asked for asked in self._waiting if asked.at <= self._began]
        drawn = [asked for asked in begun if asked.fragment in self._fragments]
        of_parts = drawn or [asked for asked in begun if asked.fragment][:1]
        # A page that is drawn anew answers what its fragments were asked for, too.
        answered = of_parts if part else begun
        for asked in answered:
            self._waiting.remove(asked)
            if part or not asked.fragment:
                self._count(asked, at - asked.at)

    def _count(self, asked: Asked, seconds: float) -> None:
        if asked.purpose == "opening":
            if not asked.fragment:
                self._seen.openings.append(seconds)
        elif asked.purpose != "import":
            self._seen.reruns.append(seconds)
        elif not asked.fragment:
            self._seen.imports.append(seconds)


def bytes_of(response: Mapping[str, Any]) -> bytes:
    """A frame's content, as Chromium's debugging protocol gives it."""
    return base64.b64decode(response["payloadData"]) if response["opcode"] == 2 else b""
