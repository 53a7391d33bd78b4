"""Who may fetch files and upload, and how the server knows a browser again."""

import asyncio
from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from core.app.doors import Doors
from core.team import browsers as module
from core.team.browsers import BROWSER_COOKIE, SignedInBrowsers, browser_in, new_browser


def request(
    doors: Doors, path: str, method: str = "GET", parts: int = 1, **headers: str
) -> Response:
    """The answer to a request whose body comes in parts, all of which have to be taken."""
    named = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "headers": named,
    }
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    left = list(range(parts))

    async def receive() -> Message:
        left.pop()
        return {"type": "http.request", "body": b"x", "more_body": bool(left)}

    asyncio.run(doors(scope, receive, send))
    answer = Response(status_code=told[0]["status"])
    answer.raw_headers = told[0]["headers"]
    if answer.status_code == 403:
        assert not left  # a proxy that still sends would answer 502
    return answer


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    page = scope["path"].endswith(("/", "/Data"))
    answer = HTMLResponse("a page") if page else PlainTextResponse("a file")
    await answer(scope, receive, send)


def doors(
    known: SignedInBrowsers | None = None, base: str = "", asks: Callable[[], bool] = lambda: True
) -> Doors:
    return Doors(behind, base, asks, known or SignedInBrowsers())


def cookie(answer: Response) -> SimpleCookie:
    return SimpleCookie(answer.headers.get("set-cookie", ""))


@pytest.mark.parametrize("base", ["", "/unfreeze"])
@pytest.mark.parametrize("path", ["/media/a.png", "/_stcore/upload_file/session/1"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_files_and_uploads_are_for_marked_browsers(base: str, path: str, method: str) -> None:
    known, ann, eve = SignedInBrowsers(), new_browser(), new_browser()
    known.mark(ann, True)
    guarded = doors(known, base)

    def status(**headers: str) -> int:
        return request(guarded, base + path, method, **headers).status_code

    assert status(cookie=f"a=b; {BROWSER_COOKIE}={ann}") == 200
    assert status(cookie=f"{BROWSER_COOKIE}={eve}") == 403
    assert status(cookie=f"{BROWSER_COOKIE}=") == 403
    assert status() == 403
    known.mark(ann, False)
    assert status(cookie=f"{BROWSER_COOKIE}={ann}") == 403


def test_an_upload_is_read_before_it_is_refused() -> None:
    path = "/_stcore/upload_file/session/1"

    assert request(doors(), path, "PUT", parts=3).status_code == 403


def test_where_nobody_signs_in_nobody_is_asked() -> None:
    assert request(doors(asks=lambda: False), "/media/a.png").status_code == 200


def test_pages_and_the_look_of_the_app_are_for_everybody() -> None:
    for path in ("/", "/Data", "/static/js/index.js", "/_stcore/health", "/healthz"):
        assert request(doors(), path).status_code == 200


def test_a_new_browser_gets_a_name_that_scripts_cannot_read() -> None:
    first, second = (cookie(request(doors(), "/Data"))[BROWSER_COOKIE] for _ in range(2))

    assert first["httponly"] and first["samesite"] == "Lax" and first["path"] == "/"
    assert not first["secure"]
    assert browser_in(first.value) and first.value != second.value
    assert request(doors(), "/Data").headers["cache-control"] == "no-store"


def test_behind_https_the_name_goes_over_https_alone() -> None:
    answer = request(doors(base="/x"), "/x/_stcore/health", x_forwarded_proto="https")

    assert cookie(answer)[BROWSER_COOKIE]["secure"]
    assert cookie(answer)[BROWSER_COOKIE]["path"] == "/x"


def test_a_known_browser_keeps_its_name_and_files_name_nobody() -> None:
    kept = request(doors(), "/Data", cookie=f"{BROWSER_COOKIE}={new_browser()}")

    assert BROWSER_COOKIE not in cookie(kept)
    assert BROWSER_COOKIE not in cookie(request(doors(), "/static/js/index.js"))


@pytest.mark.parametrize("value", [None, "", "short", "x" * 33, "x" * 31 + "\n", "ü" * 32])
def test_a_name_that_the_server_did_not_give_is_none(value: str | None) -> None:
    assert browser_in(value) == ""


def test_a_mark_holds_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, known = [0.0], SignedInBrowsers()
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    known.mark("ann", True)
    known.mark("", True)
    assert "ann" in known and "" not in known

    clock[0] = 25 * 3600
    assert "ann" not in known
    known.mark("tim", True)
    assert list(known._marked) == ["tim"]
