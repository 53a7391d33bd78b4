"""What a program sends that is no browser: the websocket's messages, uploads, raw requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.patience import PATIENCE_S

SECONDS = 40
XSRF = "_streamlit_xsrf"
UPLOAD = "/_stcore/upload_file"


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


def opened(url: str, headers: Mapping[str, str] | None = None) -> ClientConnection:
    """Open a websocket of the app at an address."""
    return connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers=headers or {},
        max_size=None,
        open_timeout=SECONDS,
    )


def look(
    url: str, page: str = "", query: str = "", headers: Mapping[str, str] | None = None
) -> Seen:
    """Open a session, run a page, and close the session."""
    with opened(url, headers) as connection:
        return run(connection, page, query)


def run(
    connection: ClientConnection,
    page: str = "",
    query: str = "",
    button: str = "",
    seconds: float = SECONDS,
) -> Seen:
    """Run a page in a session, with a button pressed where one is named."""
    question = BackMsg()
    question.rerun_script.page_name = page
    question.rerun_script.query_string = query
    if button:
        state = question.rerun_script.widget_states.widgets.add()
        state.id, state.trigger_value = button, True
    return say(connection, question, seconds)


def say(connection: ClientConnection, question: BackMsg, seconds: float = SECONDS) -> Seen:
    """Send a message and gather the answers, each within `seconds` of the one before."""
    seen, parts, buttons = Seen(), [], []
    try:
        connection.send(question.SerializeToString())
        for message in _answers(connection, seconds):
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


def visit(url: str, page: str = "", **headers: str) -> tuple[ClientConnection, Seen]:
    """Open a session, run a page, and leave the session open.

    Args:
        url: The app's address.
        page: The page's name in its address.
        **headers: Added to the request, `_` for `-`.
    """
    connection = opened(url, {name.replace("_", "-"): value for name, value in headers.items()})
    return connection, run(connection, page, seconds=PATIENCE_S)


def _answers(connection: ClientConnection, seconds: float) -> Iterator[ForwardMsg]:
    while True:
        message = ForwardMsg.FromString(connection.recv(timeout=seconds))  # type: ignore[arg-type]
        yield message
        if message.WhichOneof("type") == "script_finished":
            return


def raw(port: int, data: bytes, seconds: float = 5.0) -> bytes:
    """Send bytes as they are, dots in paths too, and read the answer."""
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
    """Request a path that no client puts in order first."""
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw(port, "\r\n".join([*lines, "", ""]).encode())


def new_browser(url: str) -> dict[str, str]:
    """Return the cookies of a new browser: Streamlit's token and the app's name for it."""
    return dict(httpx.get(f"{url}/_stcore/health", timeout=SECONDS).cookies)


def cookie_header(browser: dict[str, str]) -> str:
    """Return the `Cookie` header that a browser with these cookies sends."""
    return "; ".join(f"{name}={value}" for name, value in browser.items())


def put(
    url: str,
    path: str,
    name: str = "a.jpg",
    data: bytes = b"x",
    token: str | None = None,
    headers: dict[str, str] | None = None,
    browser: dict[str, str] | None = None,
) -> int:
    """Upload a file as Streamlit's client does.

    Args:
        url: The app's address.
        path: Of the request.
        name: The file's.
        data: Its content.
        token: The XSRF token to send; None for the right one.
        headers: More of them.
        browser: Cookies of one that has opened a page; None for a new one.

    Returns:
        The answer's status, 0 where the server hung up.
    """
    try:
        cookies = browser or new_browser(url)
        right = cookies.get(XSRF, "")
        with httpx.Client(base_url=url, timeout=SECONDS, cookies=cookies) as client:
            sent = {"X-Xsrftoken": right if token is None else token, **(headers or {})}
            return client.put(path, files={"file": (name, data)}, headers=sent).status_code
    except httpx.HTTPError:
        return 0


def upload(url: str, session_id: str, browser: dict[str, str] | None = None) -> int:
    """Send a small file to a session; arguments and result as of `put`."""
    return put(url, f"{UPLOAD}/{session_id}/1", browser=browser)
