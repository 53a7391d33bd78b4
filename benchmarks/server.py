"""The real web server for benchmarks, and a visitor that talks to it as a browser does."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from core.settings import APP_ROOT

START_SECONDS = 60.0


class Server:
    """A Streamlit server on a free port, with a workspace of its own.

    Args:
        workspace: Its `UNFREEZE_WORKSPACE`.
        *options: More of Streamlit's, such as "--server.baseUrlPath=app".
        email: Who opens its first page, where a proxy says who somebody is.
        **environment: Variables on top of this process's own.
    """

    def __init__(self, workspace: Path, *options: str, email: str = "", **environment: str) -> None:
        self._workspace, self._email = workspace, email
        self._options, self._environment = options, environment
        self.port = free_port()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self._environment}
        environment["UNFREEZE_WORKSPACE"] = str(self._workspace)
        options = {
            "server.port": self.port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "browser.gatherUsageStats": "false",
        }
        with (self._workspace / "server.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(APP_ROOT / "streamlit_app.py")]
                + [f"--{name}={value}" for name, value in options.items()]
                + list(self._options),
                cwd=APP_ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """What an operator does after a crash: the same command, and somebody opens the page."""
        self.process = self._start()
        self.open()

    def open(self) -> None:
        """Waits for the server, then opens Home."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=2)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        asyncio.run(_visit_once(self.port, self._email))


async def connect(port: int, **headers: str) -> WebSocketClientConnection:
    """Opens a session's websocket, with those headers in its request, `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await websocket_connect(
        HTTPRequest(f"ws://127.0.0.1:{port}/_stcore/stream", headers=named),
        subprotocols=["streamlit"],
        max_message_size=100_000_000,
    )


async def run_page(
    socket: WebSocketClientConnection, page: str = "", query: str = "", fragment: str = ""
) -> tuple[float, list[ForwardMsg]]:
    """Asks for one run of a page, or of one fragment of it, and waits for its end.

    Args:
        socket: Of `connect`.
        page: The page's name in its address, such as `Head`; "" is Home.
        query: The address' query, without the question mark.
        fragment: Id of the fragment; "" runs the page.

    Returns:
        Seconds until it had run, and the messages that came.
    """
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    message.rerun_script.fragment_id = fragment
    began = time.perf_counter()
    await socket.write_message(message.SerializeToString(), binary=True)
    got = await receive_run(socket)
    return time.perf_counter() - began, got


async def receive_run(socket: WebSocketClientConnection) -> list[ForwardMsg]:
    """The messages of a run that was asked for, until it has ended."""
    got = []
    while True:
        data = await socket.read_message()
        if data is None:
            raise ConnectionError("the server closed the websocket")
        forward = ForwardMsg()
        forward.ParseFromString(data)
        got.append(forward)
        if forward.WhichOneof("type") == "script_finished" and forward.script_finished in (
            ForwardMsg.FINISHED_SUCCESSFULLY,
            ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
        ):
            return got


async def _visit_once(port: int, email: str) -> None:
    socket = await connect(port, X_Forwarded_Email=email)
    await run_page(socket)
    socket.close()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
