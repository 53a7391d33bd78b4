"""Decodes what nobody vouches for in processes that may die.

An image that takes too long or too much memory, or makes a decoder crash, ends a process that knows
no secret, may write no file and holds nothing of anybody else; the next image gets another one.
A few of them stay warm for the whole server and end with it. What is said between the two is plain
JSON and bytes, as `core.datasets.apart_process` describes.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from queue import LifoQueue
from typing import Any

import numpy as np
import psutil
from PIL import Image

from core.datasets.facts import FINGERPRINT_SIDE, FileFacts
from core.datasets.scanned import ScannedImage
from core.errors import InvalidImageError, told_error
from core.jobs.process import Process, start_piped
from core.language import number, tr
from core.settings import APP_ROOT, Settings

# What a process needs of the environment; above all it gets no secrets.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
# What computes that much less than the clock goes is ended as well: it hangs.
_SLACK = 10


class _DiedError(Exception):
    """The process ended, or was ended, before it answered."""


class _Decoder:
    """One process, started when it is first asked."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._process: Process | None = None

    def ask(
        self, request: dict[str, Any], data: bytes, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """Gives the answer; the process is ended where it takes longer.

        Raises:
            _DiedError: If there is none.
        """
        if self._process is not None and self._process.poll() is not None:
            self.end()  # it died of something else since
        process = self._process = self._process or self._started()
        if process.stdin is None or process.stdout is None:
            raise _DiedError
        answered = threading.Event()
        threading.Thread(target=_watch, args=(process, seconds, answered), daemon=True).start()
        try:
            process.stdin.write(json.dumps({**request, "bytes": len(data)}).encode() + b"\n" + data)
            process.stdin.flush()
            head = json.loads(process.stdout.readline() or b"null")
            body = process.stdout.read(head["bytes"]) if head else b""
            if not head or len(body) < head["bytes"]:
                raise _DiedError
        except (OSError, ValueError) as error:
            raise _DiedError from error
        finally:
            answered.set()
        return head, body

    def end(self) -> None:
        """Ends the process; the next question starts another one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> Process:
        known = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        return start_piped(
            ["core.datasets.apart_process", str(self._memory_bytes)],
            {**known, "PYTHONPATH": str(APP_ROOT), "OPENBLAS_NUM_THREADS": "1"},
            stderr=subprocess.DEVNULL,
        )


def _watch(process: Process, seconds: float, answered: threading.Event) -> None:
    """Ends a process that has computed for so long without an answer.

    No image is to blame where the whole machine stood still, or other processes were served first.
    """
    began, latest = _computed(process), time.monotonic() + _SLACK * seconds
    pause = seconds
    while not answered.wait(pause):
        left = seconds - (_computed(process) - began)
        if left <= 0 or time.monotonic() > latest:
            process.kill()
            return
        pause = max(left, 0.1)


def _computed(process: Process) -> float:
    """Seconds of processor time; infinite where it is gone."""
    try:
        used = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return float("inf")
    return float(used.user + used.system)


class Decoders:
    """A few processes that decode; threads may share them.

    Args:
        seconds: How long a processor may work on one image.
        memory_bytes: How much memory one process may use.
        processes: How many there are at most.
    """

    def __init__(self, seconds: float, memory_bytes: int, processes: int) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._free: LifoQueue[_Decoder] = LifoQueue()
        self._all = [_Decoder(memory_bytes) for _ in range(processes)]
        for decoder in self._all:
            self._free.put(decoder)

    def decode(
        self, data: bytes, name: str, image_size: int, max_pixels: int
    ) -> np.ndarray[Any, Any]:
        """Decodes a file's bytes as `core.datasets.decode.decode_bytes` does.

        Returns:
            uint8 `(image_size, image_size, 3)`, RGB.

        Raises:
            InvalidImageError: If it is no whole image, or breaks a limit.
        """
        return self._pixels({"do": "decode", "size": image_size}, data, name, max_pixels)

    def fitted(self, data: bytes, name: str, side: int, max_pixels: int) -> np.ndarray[Any, Any]:
        """Decodes a file's bytes and reduces them, in proportion, to at most `side` a side.

        Returns:
            uint8 `(height, width, 3)`, RGB; a smaller image has its own size.

        Raises:
            InvalidImageError: If it is no whole image, or breaks a limit.
        """
        return self._pixels({"do": "fitted", "size": side}, data, name, max_pixels)

    def inspect(self, paths: Sequence[Path], max_pixels: int) -> list[FileFacts]:
        """Facts of files, as `core.datasets.facts.inspect` finds them.

        A file that breaks a limit or a decoder counts as unreadable, and the others do not suffer.
        """
        about = {"do": "inspect", "paths": [str(path) for path in paths], "max_pixels": max_pixels}
        try:
            head, body = self._ask(about, b"")
        except _DiedError:
            if len(paths) > 1:
                return [fact for path in paths for fact in self.inspect([path], max_pixels)]
            return [FileFacts(issues="unreadable")]
        return _facts(head["facts"], body)

    def close(self) -> None:
        """Ends all processes."""
        for decoder in self._all:
            decoder.end()

    def _pixels(
        self, about: dict[str, Any], data: bytes, name: str, max_pixels: int
    ) -> np.ndarray[Any, Any]:
        try:
            head, body = self._ask({**about, "name": name, "max_pixels": max_pixels}, data)
        except _DiedError as error:
            raise self._too_much(name) from error
        if "error" in head:
            raise InvalidImageError(*told_error(head["error"], ""))
        return np.frombuffer(body, np.uint8).reshape(head["shape"])

    def _ask(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        decoder = self._free.get()
        answered = False
        try:
            answer = decoder.ask(request, data, self._seconds)
            answered = True
            return answer
        finally:
            if not answered:  # also where this thread is stopped meanwhile: half an answer waits
                decoder.end()
            self._free.put(decoder)

    def _too_much(self, name: str) -> InvalidImageError:
        return InvalidImageError(
            tr(
                "{name} needs more than {seconds} seconds or {gigabytes} GB to be read.",
                name=name,
                seconds=number(self._seconds),
                gigabytes=number(self._memory_bytes / 1e9),
            ),
            tr("Leave it out or replace it."),
        )


def decoders() -> Decoders:
    """Those of this process, with the limits of the installation."""
    settings = Settings.from_environment()
    return _shared(settings.max_decode_seconds, settings.max_decode_bytes, "import")


def square(image: ScannedImage, image_size: int) -> np.ndarray[Any, Any]:
    """`Decoders.decode` for a page: somebody waits, so that no import stands before it.

    Raises:
        ChangedFileError: If the file is no longer what was scanned.
        InvalidImageError: If it is no whole image, or breaks a limit.
    """
    settings, data = Settings.from_environment(), image.read()
    return _for_pages(settings).decode(data, image.name, image_size, settings.max_pixels)


def fitted(image: ScannedImage, side: int) -> Image.Image:
    """`Decoders.fitted` for a page, likewise."""
    settings, data = Settings.from_environment(), image.read()
    pixels = _for_pages(settings).fitted(data, image.name, side, settings.max_pixels)
    return Image.fromarray(pixels)


def _for_pages(settings: Settings) -> Decoders:
    return _shared(settings.max_decode_seconds, settings.max_decode_bytes, "pages")


@cache
def _shared(seconds: int, memory_bytes: int, _purpose: str) -> Decoders:
    return Decoders(seconds, memory_bytes, os.cpu_count() or 1)


def _facts(rows: list[dict[str, Any]], body: bytes) -> list[FileFacts]:
    found, place = [], 0
    for row in rows:
        small = None
        if row.pop("seen"):
            side = FINGERPRINT_SIDE
            small = np.frombuffer(body, np.uint8, side * side, place).reshape(side, side)
            place += side * side
        found.append(FileFacts(**{**row, "tint": tuple(row["tint"])}, small=small))
    return found
