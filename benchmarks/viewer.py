"""A browser with a run's page open: it looks at each part of the page as often as it is told to."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tornado.websocket import WebSocketClientConnection

from benchmarks.server import connect, run_page

PAGE = "Fine_tune"
# Timers and the end of a rerun are shorter; what is longer is for eyes, and not taken apart.
_SHORT_BYTES = 200
_ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Watched:
    """What the viewers measured.

    Attributes:
        reruns: Seconds of each rerun of the live view.
        looks: Reruns of all parts of the page: also of the tab's title, and of who is there.
    """

    reruns: list[float] = field(default_factory=list)
    looks: int = 0


class Viewer:
    """One browser.

    Args:
        port: The server's.
        query: The address' query, without the question mark.
    """

    def __init__(self, port: int, query: str) -> None:
        self._port, self._query = port, query
        self._page_hash = self._live = ""
        self._seconds: dict[str, float] = {}
        self._socket: WebSocketClientConnection

    async def open(self) -> None:
        """Opens the page.

        Raises:
            RuntimeError: If it has no part that draws itself anew.
        """
        self._socket = await connect(self._port)
        _, messages = await run_page(self._socket, PAGE, self._query)
        for message in messages:
            self._read(message)
        if not self._seconds:
            raise RuntimeError("the page has no live view")
        self._live = list(self._seconds)[-1]  # the last on the page

    async def watch(self, ends: float, seen: Watched) -> None:
        """Looks until a moment of the monotonic clock."""
        now = time.monotonic()
        due = {part: now + random.uniform(0, every) for part, every in self._seconds.items()}  # noqa: S311
        while (part := min(due, key=due.__getitem__)) and due[part] < ends:
            await asyncio.sleep(max(0.0, due[part] - time.monotonic()))
            seconds = await self._look(part)
            seen.looks += 1
            if part == self._live:
                seen.reruns.append(seconds)
            due[part] = max(due[part] + self._seconds[part], time.monotonic())

    def close(self) -> None:
        """Closes the page."""
        self._socket.close()

    async def _look(self, part: str) -> float:
        asked = BackMsg()
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_script_hash = self._page_hash
        asked.rerun_script.fragment_id = part
        asked.rerun_script.is_auto_rerun = True
        began = time.perf_counter()
        await self._socket.write_message(asked.SerializeToString(), binary=True)
        while True:
            data = await self._socket.read_message()
            if data is None:
                raise ConnectionError("the server closed the websocket")
            if len(data) < _SHORT_BYTES and self._read(ForwardMsg.FromString(data)):
                return time.perf_counter() - began

    def _read(self, message: ForwardMsg) -> bool:
        """Does as a message says; tells whether a rerun has ended with it."""
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            self._seconds[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "navigation":
            # Without it, what draws the whole page anew would draw Home.
            self._page_hash = message.navigation.page_script_hash
        return kind == "script_finished" and message.script_finished in _ENDS
