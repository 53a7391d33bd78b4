"""What somebody sends who uses no browser: the websocket's messages, uploads, raw requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

SECONDS = 40
XSRF = "_streamlit_xsrf"


@dataclass
class Seen:
    """What a page showed.

    Attributes:
        session_id: Of the session.
        text: All messages as text.
        buttons: Ids of its buttons, disabled ones among them.
        ended: Whether the server saw it through.
    """

    session_id: str = ""
    text: str = ""
    buttons: tuple[str, ...] = ()
    ended: bool = False


def opened(port: int, headers: dict[str, str] | None = None) -> ClientConnection:
    """A websocket of the app."""
    return connect(
        f"ws://localhost:{port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers=headers or {},
        max_size=None,
        open_timeout=SECONDS,
    )


def look(port: int, page: str = "", query: str = "", headers: dict[str, str] | None = None) -> Seen:
    """Opens a session, runs a page, and closes the session."""
    with opened(port, headers) as connection:
        return run(connection, page, query)


def run(connection: ClientConnection, page: str = "", query: str = "", button: str = "") -> Seen:
    """Runs a page in a session, with a button pressed where one is named."""
    question = BackMsg()
    question.rerun_script.page_name = page
    question.rerun_script.query_string = query
    if button:
        state = question.rerun_script.widget_states.widgets.add()
        state.id, state.trigger_value = button, True
    return say(connection, question)


def say(connection: ClientConnection, question: BackMsg) -> Seen:
    """Sends a message and gathers what comes of it."""
    seen, parts, buttons = Seen(), [], []
    try:
        connection.send(question.SerializeToString())
        for message in _answers(connection):
            kind = message.WhichOneof("type")
            if kind == "new_session":
                seen.session_id = message.new_session.initialize.session_id
            elif kind == "delta":
                parts.append(str(message.delta))
                element: Any = message.delta.new_element
                if element.WhichOneof("type") == "button":
                    buttons.append(element.button.id)
            seen.ended = kind == "script_finished"
    except (WebSocketException, TimeoutError, OSError):
        pass  # it hung up: a way to say no
    seen.text, seen.buttons = "\n".join(parts), tuple(dict.fromkeys(buttons))
    return seen


def _answers(connection: ClientConnection) -> Iterator[ForwardMsg]:
    while True:
        message = ForwardMsg.FromString(connection.recv(timeout=SECONDS))  # type: ignore[arg-type]
        yield message
        if message.WhichOneof("type") == "script_finished":
            return


def raw(port: int, data: bytes, seconds: float = 5.0) -> bytes:
    """Sends bytes as they are, dots in paths too, and reads what comes back."""
    with socket.create_connection(("localhost", port), seconds) as connection:
        connection.sendall(data)
        connection.settimeout(seconds)
        got = b""
        try:
            while len(got) < 200_000 and (part := connection.recv(65_536)):
                got += part
        except OSError:
            pass  # silence is an answer too
        return got


def get(port: int, path: str, **headers: str) -> bytes:
    """A request whose path no client puts in order first."""
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw(port, "\r\n".join([*lines, "", ""]).encode())


def xsrf_cookie(port: int) -> str:
    """What Streamlit gives a browser to be known by."""
    answer = httpx.get(f"http://localhost:{port}/_stcore/health", timeout=SECONDS)
    return answer.cookies.get(XSRF, "")


def put(
    port: int,
    path: str,
    name: str = "a.jpg",
    data: bytes = b"x",
    token: str | None = None,
    headers: dict[str, str] | None = None,
    cookie: str = "",
) -> int:
    """An upload; the answer's status, 0 where the server hung up.

    Args:
        port: The app's.
        path: Of the request.
        name: The file's.
        data: Its content.
        token: The XSRF token to send; None for the right one.
        headers: More of them.
        cookie: The XSRF cookie of a browser that has been here; "" for another one.
    """
    try:
        right = cookie or xsrf_cookie(port)
        with httpx.Client(
            base_url=f"http://localhost:{port}", timeout=SECONDS, cookies={XSRF: right}
        ) as client:
            sent = {"X-Xsrftoken": right if token is None else token, **(headers or {})}
            return client.put(path, files={"file": (name, data)}, headers=sent).status_code
    except httpx.HTTPError:
        return 0
