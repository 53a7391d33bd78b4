"""Stands where a proxy that signs people in would: each person has an address of their own.

A browser sends no headers of ours with a websocket, so somebody between it and the app has to.
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType

EMAIL = "X-Forwarded-Email"
_CHUNK = 65_536


class Doorkeeper:
    """Passes on what comes to a person's address, with the header that names them.

    The header goes with the first request of a connection; a websocket has one of its own.

    Args:
        port: The app's, on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Doorkeeper:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def address(self, email: str) -> str:
        """The address at which a person meets the app; "" for somebody whom nobody knows."""
        return asyncio.run_coroutine_threadsafe(self._listen(email), self._loop).result()

    async def _listen(self, email: str) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(email, reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(
        self, email: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        to_app = None
        try:
            head = await reader.readuntil(b"\r\n")
            from_app, to_app = await asyncio.open_connection("127.0.0.1", self._port)
            to_app.write(head + (f"{EMAIL}: {email}\r\n".encode() if email else b""))
            await asyncio.gather(_pass_on(reader, to_app), _pass_on(from_app, writer))
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # one of the two hung up, or the benchmark is over
        finally:
            for end in (writer, to_app):
                if end is not None:
                    end.close()

    async def _close(self) -> None:
        tasks = asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
