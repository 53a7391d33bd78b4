"""What a program sees of the app that is no browser: the websocket's messages, and uploads."""

from __future__ import annotations

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.patience import PATIENCE_S

XSRF = "_streamlit_xsrf"


def visit(url: str, page: str = "", **headers: str) -> tuple[ClientConnection, str, str]:
    """Opens a session, runs a page, and leaves the session open.

    Args:
        url: The app's address.
        page: The page's name in its address.
        **headers: Added to the request, `_` for `-`.

    Returns:
        The connection, the session's id, and all text that the page showed.
    """
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    socket = connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers=extra,
        max_size=None,
        open_timeout=PATIENCE_S,
    )
    question = BackMsg()
    question.rerun_script.page_name = page
    socket.send(question.SerializeToString())
    session_id, shown = "", []
    while True:
        message = ForwardMsg.FromString(socket.recv(timeout=PATIENCE_S))  # type: ignore[arg-type]
        kind = message.WhichOneof("type")
        if kind == "new_session":
            session_id = message.new_session.initialize.session_id
        elif kind == "delta":
            shown.append(str(message.delta))
        elif kind == "script_finished":
            return socket, session_id, "\n".join(shown)


def xsrf_cookie(url: str) -> str:
    """What Streamlit gives a browser to be known by."""
    return httpx.get(f"{url}/_stcore/health", timeout=PATIENCE_S).cookies[XSRF]


def upload(url: str, session_id: str, cookie: str = "") -> int:
    """Sends a small file to a session as Streamlit's client does; the answer's status.

    Args:
        url: The app's address.
        session_id: The session's.
        cookie: Of `xsrf_cookie`, for a browser that has been here; "" for another one.
    """
    token = cookie or xsrf_cookie(url)
    with httpx.Client(base_url=url, cookies={XSRF: token}, timeout=PATIENCE_S) as client:
        answer = client.put(
            f"/_stcore/upload_file/{session_id}/1",
            files={"file": ("a.jpg", b"not an image")},
            headers={"X-Xsrftoken": token},
        )
        return answer.status_code
