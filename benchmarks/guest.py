"""A person with one page of the app open, over a websocket as a browser has it: reruns, uploads,
presses buttons."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection

from benchmarks.server import connect, receive_run, run_page

READY_SECONDS = 120.0
_BOUNDARY = "the-boundary-of-a-benchmark"


@dataclass
class Seen:
    """What the guests met."""

    reruns: list[float] = field(default_factory=list)
    imports: list[float] = field(default_factory=list)
    openings: list[float] = field(default_factory=list)
    predictions: int = 0
    errors: list[str] = field(default_factory=list)
    # The server's memory, and how many data sets had been brought in.
    megabytes: list[tuple[int, float]] = field(default_factory=list)

    def note(self, messages: Sequence[ForwardMsg]) -> None:
        """Keeps what went wrong on a page."""
        for message in messages:
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind == "exception":
                self.errors.append(element.exception.message)
            elif kind == "alert" and element.alert.format == element.alert.ERROR:
                self.errors.append(element.alert.body)


class Guest:
    """One person with one page open.

    Args:
        port: The app's.
        page: The page's name in its address.
        query: The address' query, without the question mark.
        seen: Takes what the guest meets.
        email: Who it is, as a proxy in front of the app says it.
    """

    def __init__(self, port: int, page: str, query: str, seen: Seen, email: str) -> None:
        self._port, self._page, self._query, self._seen = port, page, query, seen
        self._email = email
        self._widgets: dict[str, WidgetState] = {}
        self._session = self._page_hash = ""
        self._cookies = SimpleCookie()
        self._socket: WebSocketClientConnection
        self.messages: list[ForwardMsg] = []

    async def open(self) -> None:
        """Opens the page."""
        address = f"http://127.0.0.1:{self._port}/_stcore/health"
        answer = await AsyncHTTPClient().fetch(address)
        self._cookies = SimpleCookie("; ".join(answer.headers.get_list("Set-Cookie")))
        sent = self._proof()["Cookie"]
        self._socket = await connect(self._port, X_Forwarded_Email=self._email, Cookie=sent)
        _, self.messages = await run_page(self._socket, self._page, self._query)
        self._note_page()
        self._session = next(
            m.new_session.initialize.session_id
            for m in self.messages
            if m.WhichOneof("type") == "new_session"
        )
        self._seen.note(self.messages)

    async def rerun(self, fragment: str = "", counts: bool = True) -> float:
        """Asks for one run with the widgets as they are; returns its seconds."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_name, rerun.fragment_id = self._query, self._page, fragment
        rerun.page_script_hash = self._page_hash
        rerun.widget_states.widgets.extend(self._widgets.values())
        began = time.perf_counter()
        await self._socket.write_message(message.SerializeToString(), binary=True)
        self.messages = await receive_run(self._socket)
        seconds = time.perf_counter() - began
        self._note_page()
        self._seen.note(self.messages)
        if counts:
            self._seen.reruns.append(seconds)
        return seconds

    async def upload(self, key: str, name: str, data: bytes) -> None:
        """Gives a file to the uploader with that key, in place of the one there; no rerun yet."""
        request = BackMsg()
        request.file_urls_request.request_id = "1"
        request.file_urls_request.file_names.append(name)
        request.file_urls_request.session_id = self._session
        await self._socket.write_message(request.SerializeToString(), binary=True)
        urls = (await self._next("file_urls_response")).file_urls_response.file_urls[0]
        await self._put(urls.upload_url, name, data)
        await self._delete_file(self.widget("file_uploader", key))
        self._set_file(self.widget("file_uploader", key), name, len(data), urls)

    def press(self, key: str) -> None:
        """Presses a button in the next run."""
        state = WidgetState(id=self.widget("button", key), trigger_value=True)
        self._widgets[state.id] = state

    def release(self) -> None:
        """Lets go of all widgets."""
        self._widgets = {}

    def widget(self, kind: str, key: str) -> str:
        """A widget's id, which ends with its key."""
        for message in self.messages:
            element = message.delta.new_element
            if element.WhichOneof("type") == kind and getattr(element, kind).id.endswith(key):
                return str(getattr(element, kind).id)
        raise RuntimeError(f"there is no {kind} {key!r} on {self._page}")

    async def wait_for(self, kind: str, key: str) -> None:
        """Waits until the page has a widget: a model is made ready for Predict when first asked."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._has(kind, key):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no {kind} {key!r} on {self._page}: {self._texts()}")
            await asyncio.sleep(1)
            await self.rerun(counts=False)

    def _texts(self) -> list[str]:
        elements = [message.delta.new_element for message in self.messages]
        return [e.markdown.body for e in elements if e.WhichOneof("type") == "markdown"]

    def _has(self, kind: str, key: str) -> bool:
        try:
            return bool(self.widget(kind, key))
        except RuntimeError:
            return False

    def close(self) -> None:
        """Closes the page."""
        self._socket.close()

    def _note_page(self) -> None:
        """Without its hash, what draws the whole page anew would draw Home."""
        for message in self.messages:
            if message.WhichOneof("type") == "navigation":
                self._page_hash = message.navigation.page_script_hash

    async def _next(self, kind: str) -> ForwardMsg:
        while True:
            data = await self._socket.read_message()
            if data is None:
                raise ConnectionError("the server closed the websocket")
            message = ForwardMsg()
            message.ParseFromString(data)
            if message.WhichOneof("type") == kind:
                return message

    async def _delete_file(self, widget: str) -> None:
        """Tells the server, as a browser does, that nobody wants the file there any more."""
        state = self._widgets.get(widget, WidgetState()).file_uploader_state_value
        for info in state.uploaded_file_info:
            address = f"http://127.0.0.1:{self._port}{info.file_urls.delete_url}"
            request = HTTPRequest(address, method="DELETE", headers=self._proof())
            await AsyncHTTPClient().fetch(request)

    async def _put(self, address: str, name: str, data: bytes) -> None:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{name}"'
        body = f"--{_BOUNDARY}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
        request = HTTPRequest(
            f"http://127.0.0.1:{self._port}{address}",
            method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
                **self._proof(),
            },
            body=body + data + f"\r\n--{_BOUNDARY}--\r\n".encode(),
        )
        await AsyncHTTPClient().fetch(request)

    def _proof(self) -> dict[str, str]:
        cookies = {name: cookie.value for name, cookie in self._cookies.items()}
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return {"Cookie": sent, "X-Xsrftoken": cookies["_streamlit_xsrf"]}

    def _set_file(self, widget: str, name: str, size: int, urls: FileURLs) -> None:
        state = WidgetState(id=widget)
        about = UploadedFileInfo(name=name, size=size, file_id=urls.file_id, file_urls=urls)
        state.file_uploader_state_value.uploaded_file_info.append(about)
        self._widgets[widget] = state
