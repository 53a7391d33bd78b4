"""A web server on this machine that can cut off, refuse ranges, or send something else."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from core.datasets.download import RemoteFile

CONTENT = bytes(range(256)) * 4000


class Server:
    """What it serves, where it cuts off, and what it was asked for."""

    url = ""
    cut_after: int | None = None
    knows_ranges = True
    status = 200
    content = CONTENT

    def __init__(self) -> None:
        self.ranges: list[str] = []

    def remote(self, **changes: object) -> RemoteFile:
        digest = hashlib.sha256(CONTENT).hexdigest()
        return RemoteFile(**{"url": self.url, "bytes": len(CONTENT), "sha256": digest, **changes})


@contextmanager
def serving() -> Iterator[Server]:
    """A server that runs as long as the block."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            state.ranges.append(asked)
            match = re.fullmatch(r"bytes=(\d+)-", asked)
            start = int(match[1]) if match and state.knows_ranges else 0
            self.send_response(206 if start else state.status)
            self.send_header("Content-Length", str(len(state.content) - start))
            self.end_headers()
            self.wfile.write(state.content[start:][: state.cut_after])

        def log_message(self, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{listening.server_port}/data/pets.zip"
    yield state
    listening.shutdown()
    listening.server_close()
