"""What a stranger tries at a server with a login."""

from __future__ import annotations

import json
import os
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from itsdangerous import URLSafeTimedSerializer
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import WebSocketException

from tests.security.client import UPLOAD, get, look, opened, put, raw, run, say
from tests.security.score import Attempt
from tests.security.target import ADMIN, INSIDE, MAX_UPLOAD_MB, Target, leaks

PAGES = ("", "Data", "Head", "Fine_tune", "Evaluate", "Predict", "Runs")
TRAVERSALS = (
    "/app/static/../.streamlit/config.toml",
    "/app/static/..%2f.streamlit%2fconfig.toml",
    "/app/static/%2e%2e/%2e%2e/etc/passwd",
    "/app/static/....//....//etc/passwd",
    "/app/static//etc/passwd",
    "/app/static/..%5c.streamlit%5cconfig.toml",
    "/app/static/%252e%252e/.streamlit/config.toml",
    "/app/static/..%c0%af.streamlit/config.toml",
    "/app/static/../core/settings.py%00.js",
    "/static/../../../../../../../../etc/passwd",
    "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/media/../.streamlit/config.toml",
    "/media/../../../../../../etc/passwd",
    "/media/%2fetc%2fpasswd",
    "/media/0000000000000000000000000000000000000000.png",
    "/component/../../../../../../etc/passwd",
    "/component/streamlit_app/../../.streamlit/config.toml",
    "/_stcore/../.streamlit/secrets.toml",
    "/.streamlit/config.toml",
    "/.streamlit/secrets.toml",
    "/.git/config",
    "/workspace/team.db",
    "/..%2f..%2fetc%2fpasswd",
    "//etc/passwd",
    "/pages/../.streamlit/config.toml",
)
FORGED = (
    "X-Forwarded-Email",
    "X-Forwarded-User",
    "X-Auth-Request-Email",
    "Remote-User",
    "X-Streamlit-User",
    "X-Forwarded-Preferred-Username",
)


def stranger_attempts(target: Target) -> Iterator[Attempt]:
    """Every attempt with its name."""
    for page in PAGES:
        yield f"stranger: page {page or 'Home'}", partial(_page, page=page)
        query = f"run={target.run_id}&dataset={target.dataset_id}&model={target.run_id}"
        yield f"stranger: {page or 'Home'} of a run", partial(_page, page=page, query=query)
    for path in TRAVERSALS:
        yield f"stranger: {path}", partial(_read, path=path)
    for header in FORGED:
        yield f"stranger: forged {header}", partial(_page, headers={header: ADMIN})
    for name, cookie in forged_cookies():
        yield f"stranger: {name}", partial(_page, headers={"Cookie": cookie})
    yield from _uploads()
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        yield f"stranger: origin {origin}", partial(_origin, origin=origin)
    yield from _messages()
    yield from _wire()
    yield (
        "stranger: forged answer of the provider",
        partial(_read, path="/oauth2callback?code=forged&state=forged"),
    )
    yield "stranger: open redirect", _redirect
    yield "stranger: 200 connections", _many
    yield "stranger: 60 requests that never end", _slow


def _page(
    target: Target, page: str = "", query: str = "", headers: dict[str, str] | None = None
) -> bool:
    seen = look(target.url, page, query, headers)
    return leaks(seen.text) or INSIDE in seen.text


def _read(target: Target, path: str) -> bool:
    return leaks(get(target.port, path))


def forged_cookies() -> Iterator[tuple[str, str]]:
    """Cookies of somebody who is signed in, made without the server's secret."""
    claims = json.dumps({"email": ADMIN, "is_logged_in": True, "origin": "http://localhost"})
    plain = urlsafe_b64encode(claims.encode()).decode()
    wrong = URLSafeTimedSerializer("another secret", salt="st.login").dumps(claims)
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').decode() + f".{plain}."
    for name, value in (("plain", plain), ("wrongly signed", wrong), ("unsigned", unsigned)):
        yield f"cookie {name}", f"_streamlit_user={value}"
    yield "cookie of tokens", f"_streamlit_user_tokens={plain}"
    yield "huge cookie", "_streamlit_user=" + "A" * 7000


def _uploads() -> Iterator[Attempt]:
    other = "00000000-0000-4000-8000-000000000000"
    for name, path in (
        ("no session", f"{UPLOAD}//1"),
        ("a guessed session", f"{UPLOAD}/{other}/1"),
        ("a path for a session", f"{UPLOAD}/..%2f..%2f/1"),
        ("a path for a file", f"{UPLOAD}/{other}/..%2f..%2fx"),
    ):
        yield f"stranger: upload to {name}", partial(_upload, path=path)
    yield "stranger: upload to its own session", partial(_upload, path="")
    yield "stranger: upload without a token", partial(_upload, path="", token="")
    yield "stranger: upload with a forged token", partial(_upload, path="", token="2|a|b|1")  # noqa: S106
    yield (
        "stranger: upload from another site",
        partial(_upload, path="", headers={"Origin": "https://evil.example"}),
    )


def _upload(
    target: Target, path: str, token: str | None = None, headers: dict[str, str] | None = None
) -> bool:
    with opened(target.url) as connection:
        session_id = run(connection, "Predict").session_id
        path = path or f"{UPLOAD}/{session_id}/1"
        return put(target.url, path, token=token, headers=headers) in (200, 201, 204)


def _origin(target: Target, origin: str) -> bool:
    try:
        with opened(target.url, {"Origin": origin}) as connection:
            return bool(run(connection).session_id)
    except WebSocketException:
        return False


def _messages() -> Iterator[Attempt]:
    for name in ("debug_shutdown_runtime", "debug_disconnect_websocket", "clear_cache"):
        message = BackMsg()
        setattr(message, name, True)
        yield f"stranger: message {name}", partial(_said, message=message)
    unknown = BackMsg()
    unknown.rerun_script.page_script_hash = "0" * 32
    unknown.rerun_script.fragment_id = "unknown"
    yield "stranger: message with an unknown page and fragment", partial(_said, message=unknown)
    far = BackMsg()
    far.rerun_script.page_name = "../../etc/passwd"
    yield "stranger: message with a path for a page", partial(_said, message=far)
    state = BackMsg()
    widget = state.rerun_script.widget_states.widgets.add()
    widget.id, widget.json_value = "$$ID-forged", "{" * 10_000
    yield "stranger: message with a forged widget", partial(_said, message=state)
    for name, frame in (
        ("no bytes", b""),
        ("random bytes", os.urandom(2_000)),
        ("a length that lies", b"\x0a\xff\xff\xff\xff\x0f"),
        ("a megabyte of one byte", b"\x0a" * 1_000_000),
        ("text", "not protobuf"),
    ):
        yield f"stranger: a frame of {name}", partial(_frame, frame=frame)


def _said(target: Target, message: BackMsg) -> bool:
    with opened(target.url) as connection:
        if message.WhichOneof("type") != "rerun_script":
            connection.send(message.SerializeToString())
            message = BackMsg()
            message.rerun_script.page_name = ""
        seen = say(connection, message)
    return leaks(seen.text) or INSIDE in seen.text


def _frame(target: Target, frame: bytes | str) -> bool:
    with opened(target.url) as connection:
        connection.send(frame)
        return leaks(run(connection).text)


def _wire() -> Iterator[Attempt]:
    upgrade = (
        b"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: streamlit\r\n\r\n"
    )
    for name, data in (
        ("an unmasked frame", upgrade + b"\x82\x05hello"),
        ("a frame of 2^63 bytes", upgrade + b"\x82\xff\x7f" + b"\xff" * 7 + b"\0\0\0\0x"),
        ("a reserved code", upgrade + b"\x8f\x80\0\0\0\0"),
        ("a huge ping", upgrade + b"\x89\xfe\xff\xff\0\0\0\0" + b"x" * 65_535),
        ("no HTTP", os.urandom(500)),
        ("a header of a megabyte", b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n"),
        (
            "two lengths",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            b"GET /.streamlit/config.toml HTTP/1.1\r\n\r\n",
        ),
        ("a host of somebody else", b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    ):
        yield f"stranger: {name} on the wire", partial(_bytes, data=data)
    yield "stranger: an upload that is too large", partial(_large, declared=True)
    yield "stranger: an upload that never ends", partial(_large, declared=False)


def _bytes(target: Target, data: bytes) -> bool:
    return leaks(raw(target.port, data))


def _large(target: Target, declared: bool) -> bool:
    """Whether the server takes far more than it should into its memory."""
    before = target.process.memory_info().rss
    length = 10**9 if declared else None
    head = f"PUT {UPLOAD}/00000000-0000-4000-8000-000000000000/1 HTTP/1.1\r\nHost: localhost\r\n"
    head += "Content-Type: multipart/form-data; boundary=x\r\n"
    head += f"Content-Length: {length}\r\n\r\n" if length else "Transfer-Encoding: chunked\r\n\r\n"
    part = b"x" * 1_000_000
    chunk = part if declared else b"f4240\r\n" + part + b"\r\n"
    raw(target.port, head.encode() + chunk * 60, 10)
    return target.process.memory_info().rss - before > (MAX_UPLOAD_MB + 60) * 3_000_000


def _redirect(target: Target) -> bool:
    answer = get(target.port, "/auth/login?provider=default&next=https://evil.example")
    return b"location: https://evil.example" in answer.lower()


def _many(target: Target) -> bool:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(opened(target.url))
        return leaks(look(target.url).text)


def _slow(target: Target) -> bool:
    with ExitStack() as stack:
        for _ in range(60):
            half = stack.enter_context(socket.create_connection(("localhost", target.port), 10))
            half.sendall(b"GET / HTTP/1.1\r\nHost: local")
        return leaks(look(target.url).text)
