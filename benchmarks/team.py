"""A team at work on one server: people who upload, watch and predict while a run is trained.

Run `python -m benchmarks.team --minutes 10`. It starts the server with a queue, trains a small
model, starts a long run and lets guests in, each with a websocket as a browser has it: some watch
the run, some upload an image to Predict every few seconds, some upload a zip to Data, look at what
was recognised, and bring it in. The last line is JSON:
    watching, predicting, uploading: guests of each kind.
    minutes: for how long.
    reruns: of all guests; an import is none, it works for as long as its images take.
    p50_rerun_ms, p95_rerun_ms: of those.
    errors: pages that ended with an exception or told of an error.
    imports, import_p50_s: data sets brought in, and how long that took.
    predictions: images that were classified.
    growth: the server's memory at the end over that after a third of the time.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection

from benchmarks.faults import Site
from benchmarks.load import timer_of
from benchmarks.server import connect, receive_run, run_page
from core.config import FineTuneConfig, TrainingConfig

PREDICT_EVERY_S = 4.0
UPLOAD_EVERY_S = 20.0
IN_ZIP = 40
READY_SECONDS = 120.0
_BOUNDARY = "the-boundary-of-a-benchmark"


@dataclass
class Seen:
    """What the guests met."""

    reruns: list[float] = field(default_factory=list)
    imports: list[float] = field(default_factory=list)
    predictions: int = 0
    errors: list[str] = field(default_factory=list)
    megabytes: list[tuple[float, float]] = field(default_factory=list)

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
    """One person with one page open."""

    def __init__(self, port: int, page: str, query: str, seen: Seen) -> None:
        self._port, self._page, self._query, self._seen = port, page, query, seen
        self._widgets: dict[str, WidgetState] = {}
        self._session = self._cookie = ""
        self._socket: WebSocketClientConnection
        self.messages: list[ForwardMsg] = []

    async def open(self) -> None:
        """Opens the page."""
        address = f"http://127.0.0.1:{self._port}/_stcore/health"
        answer = await AsyncHTTPClient().fetch(address)
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        self._cookie = cookie.split("=", 1)[1].strip('"')
        self._socket = await connect(self._port)
        _, self.messages = await run_page(self._socket, self._page, self._query)
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
        rerun.widget_states.widgets.extend(self._widgets.values())
        began = time.perf_counter()
        await self._socket.write_message(message.SerializeToString(), binary=True)
        self.messages = await receive_run(self._socket)
        seconds = time.perf_counter() - began
        self._seen.note(self.messages)
        if counts:
            self._seen.reruns.append(seconds)
        return seconds

    async def upload(self, key: str, name: str, data: bytes) -> None:
        """Gives a file to the uploader with that key, as a browser does; no rerun yet."""
        request = BackMsg()
        request.file_urls_request.request_id = "1"
        request.file_urls_request.file_names.append(name)
        request.file_urls_request.session_id = self._session
        await self._socket.write_message(request.SerializeToString(), binary=True)
        urls = (await self._next("file_urls_response")).file_urls_response.file_urls[0]
        await self._put(urls.upload_url, name, data)
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

    async def _next(self, kind: str) -> ForwardMsg:
        while True:
            data = await self._socket.read_message()
            if data is None:
                raise ConnectionError("the server closed the websocket")
            message = ForwardMsg()
            message.ParseFromString(data)
            if message.WhichOneof("type") == kind:
                return message

    async def _put(self, address: str, name: str, data: bytes) -> None:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{name}"'
        body = f"--{_BOUNDARY}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
        request = HTTPRequest(
            f"http://127.0.0.1:{self._port}{address}",
            method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
                "Cookie": f"_streamlit_xsrf={self._cookie}",
                "X-Xsrftoken": self._cookie,
            },
            body=body + data + f"\r\n--{_BOUNDARY}--\r\n".encode(),
        )
        await AsyncHTTPClient().fetch(request)

    def _set_file(self, widget: str, name: str, size: int, urls: FileURLs) -> None:
        state = WidgetState(id=widget)
        about = UploadedFileInfo(name=name, size=size, file_id=urls.file_id, file_urls=urls)
        state.file_uploader_state_value.uploaded_file_info.append(about)
        self._widgets[widget] = state


async def watch(port: int, query: str, ends: float, seen: Seen) -> None:
    """Looks at the live view, at the page's own pace."""
    guest = Guest(port, "Fine_tune", query, seen)
    await guest.open()
    timer = timer_of(guest.messages)
    if timer is None:
        raise RuntimeError("the page has no live view")
    while time.monotonic() < ends:
        await asyncio.sleep(timer.interval)
        await guest.rerun(timer.fragment_id)
        timer = timer_of(guest.messages) or timer
    guest.close()


async def predict(port: int, query: str, ends: float, seen: Seen, number: int) -> None:
    """Asks what an image shows, again and again."""
    guest = Guest(port, "Predict", query, seen)
    await guest.open()
    await guest.wait_for("file_uploader", "predict_files")
    random = np.random.default_rng(number)
    while time.monotonic() < ends:
        await asyncio.sleep(PREDICT_EVERY_S * random.uniform(0.5, 1.5))
        await guest.upload("predict_files", "image.jpg", photograph(random))
        await guest.rerun()
        seen.predictions += 1
    guest.close()


async def bring_in(port: int, ends: float, seen: Seen, number: int) -> None:
    """Uploads a zip, looks at what was recognised, brings it in."""
    random = np.random.default_rng(100 + number)
    for turn in range(10_000):
        await asyncio.sleep(UPLOAD_EVERY_S * random.uniform(0.5, 1.5))
        if time.monotonic() > ends:
            return
        guest = Guest(port, "Data", "", seen)
        await guest.open()
        await guest.upload("zip", f"photographs_{number}_{turn}.zip", archive(random))
        await guest.rerun()
        guest.press("import_zip")
        seen.imports.append(await guest.rerun(counts=False))
        guest.release()
        await guest.rerun()
        guest.close()


def photograph(random: np.random.Generator) -> bytes:
    """A JPEG of 800 x 600 pixels."""
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((800, 600), Image.Resampling.BICUBIC).save(buffer, "JPEG")
    return buffer.getvalue()


def archive(random: np.random.Generator) -> bytes:
    """A zip of photographs in two classes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for i in range(IN_ZIP):
            opened.writestr(f"class {i % 2}/{i:03d}.jpg", photograph(random))
    return buffer.getvalue()


async def weigh(process: psutil.Process, ends: float, seen: Seen) -> None:
    """Notes the server's memory every few seconds."""
    while time.monotonic() < ends:
        seen.megabytes.append((time.monotonic(), process.memory_info().rss / 1e6))
        await asyncio.sleep(5)


async def work(site: Site, run_query: str, guests: argparse.Namespace) -> Seen:
    """Everybody at once."""
    seen, port = Seen(), site.server.port
    ends = time.monotonic() + 60 * guests.minutes
    model = f"dataset={site.whole[0].base.dataset_id}&model={site.whole[1].id}"
    await asyncio.gather(
        weigh(psutil.Process(site.server.process.pid), ends, seen),
        *(watch(port, run_query, ends, seen) for _ in range(guests.watching)),
        *(predict(port, model, ends, seen, i) for i in range(guests.predicting)),
        *(bring_in(port, ends, seen, i) for i in range(guests.uploading)),
    )
    return seen


def report(seen: Seen, guests: argparse.Namespace) -> dict[str, Any]:
    """What the last line says."""
    milliseconds = 1000 * np.array(seen.reruns)
    sizes = [size for _, size in seen.megabytes]
    return {
        "watching": guests.watching,
        "predicting": guests.predicting,
        "uploading": guests.uploading,
        "minutes": guests.minutes,
        "reruns": len(seen.reruns),
        "p50_rerun_ms": round(float(np.median(milliseconds)), 1),
        "p95_rerun_ms": round(float(np.percentile(milliseconds, 95)), 1),
        "errors": len(seen.errors),
        "imports": len(seen.imports),
        "import_p50_s": round(float(np.median(seen.imports)), 2) if seen.imports else None,
        "predictions": seen.predictions,
        "growth": round(sizes[-1] / sizes[len(sizes) // 3] - 1, 3),
        "server_mb": round(sizes[-1], 1),
    }


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--watching", type=int, default=10)
    parser.add_argument("--predicting", type=int, default=5)
    parser.add_argument("--uploading", type=int, default=5)
    guests = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder))
        try:
            training = TrainingConfig(learning_rate=1e-4, epochs=100_000, batch_size=8)
            head = site.whole[0]
            run = site.store.create(FineTuneConfig(head.id, head.base, "block5", training=training))
            query = f"dataset={run.base.dataset_id}&run={run.id}"
            seen = asyncio.run(work(site, query, guests))
            site.store.request_stop(run.id)
        finally:
            site.close()
    for error in sorted(set(seen.errors)):
        print(f"{seen.errors.count(error)} times: {error}")
    print(json.dumps(report(seen, guests)))


if __name__ == "__main__":
    main()
