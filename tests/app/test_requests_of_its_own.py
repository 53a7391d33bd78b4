"""What the server asks of itself: to free an upload, and to drop the sessions of who left."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from core.app.departures import Departures
from core.app.uploads import Uploads

PUT: Scope = {
    "type": "http",
    "method": "PUT",
    "path": "/x/_stcore/upload_file/a-session/a-file",
    "headers": [(b"cookie", b"a=b"), (b"x-xsrftoken", b"c"), (b"content-length", b"9")],
}


class Behind:
    """The application behind the middleware; it notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Scope] = []
        self.told: list[list[str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope)
        self.told.append([])
        while scope["type"] == "websocket" and "disconnect" not in "".join(self.told[-1]):
            self.told[-1].append((await receive())["type"])


async def silent(message: Message) -> None:
    """Nobody listens."""


async def hangs_up() -> Message:
    return {"type": "websocket.disconnect", "code": 1001}


async def until(found: list[object], count: int) -> None:
    while len(found) < count:
        await asyncio.sleep(0.001)


def test_an_upload_is_removed_with_the_proof_of_who_brought_it() -> None:
    async def work() -> list[Scope]:
        behind = Behind()
        uploads = Uploads(behind, "/x")
        uploads.release("a-file")  # nobody has uploaded yet
        await uploads(PUT, hangs_up, silent)
        await asyncio.to_thread(uploads.release, "another-file")
        await asyncio.to_thread(uploads.release, "a-file")
        await asyncio.to_thread(uploads.release, "a-file")
        await until(behind.asked, 2)
        await asyncio.sleep(0.01)
        return behind.asked

    put, delete = asyncio.run(work())
    assert (put["method"], delete["method"]) == ("PUT", "DELETE")
    assert delete["path"] == put["path"]
    assert delete["headers"] == [(b"cookie", b"a=b"), (b"x-xsrftoken", b"c")]


def test_what_a_browser_has_removed_is_not_removed_again() -> None:
    async def work() -> int:
        behind = Behind()
        uploads = Uploads(behind, "/x")
        await uploads(PUT, hangs_up, silent)
        await uploads({**PUT, "method": "DELETE"}, hangs_up, silent)
        await asyncio.to_thread(uploads.release, "a-file")
        await asyncio.sleep(0.01)
        return len(behind.asked)

    assert asyncio.run(work()) == 2


def test_after_the_last_one_left_somebody_comes_and_goes_once() -> None:
    left: Scope = {
        "type": "websocket",
        "path": "/_stcore/stream",
        "headers": [(b"host", b"here"), (b"cookie", b"ann"), (b"sec-websocket-protocol", b"s")],
    }

    async def work() -> Behind:
        behind = Behind()
        departures = Departures(behind, 0.01)
        await departures({"type": "http"}, hangs_up, silent)
        for _ in range(3):
            await departures(left, hangs_up, silent)
        await until(behind.asked, 5)
        await asyncio.sleep(0.05)
        return behind

    behind = asyncio.run(work())
    assert len(behind.asked) == 5  # three people, one page, and one visit after the last
    assert behind.asked[-1]["headers"] == [(b"host", b"here")]  # nobody, and no session of before
    assert behind.told[-1] == ["websocket.connect", "websocket.disconnect"]
