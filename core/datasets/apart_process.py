"""The process that decodes: `python -m core.datasets.apart_process MEMORY_BYTES`.

It reads requests from standard input until that ends: a line of JSON, then as many bytes as its
`bytes` says. It answers in the same way on standard output.

    do: decode, name, size, max_pixels  ->  `shape` and the pixels, or `error`
    do: fitted, name, size, max_pixels  ->  likewise, in the image's own proportions
    do: inspect, paths, max_pixels      ->  `facts`, one each; small pictures where `seen`
"""

from __future__ import annotations

import dataclasses
import json
import sys
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.datasets.decode import decode_bytes, fit_bytes
from core.datasets.facts import FileFacts, inspect
from core.errors import InvalidImageError
from core.language import tr
from core.posix import limit_process


def main(arguments: list[str]) -> int:
    """Answers until nobody asks any more."""
    limit_process(int(arguments[0]))
    warnings.simplefilter("ignore")
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["bytes"])
        try:
            head, body = _inspected(request) if "paths" in request else _decoded(request, data)
        except InvalidImageError as error:
            head, body = {"error": error.record()}, b""
        _answer(answers, head, body)
    return 0


def _decoded(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        pixels = _pixels(request, data)
    except MemoryError as error:
        raise InvalidImageError(
            tr("{name} needs too much memory to be read.", name=request["name"]),
            tr("Make it smaller."),
        ) from error
    return {"shape": pixels.shape}, pixels.tobytes()


def _pixels(request: dict[str, Any], data: bytes) -> np.ndarray[Any, Any]:
    size, max_pixels = request["size"], request["max_pixels"]
    if request["do"] == "decode":
        return decode_bytes(data, request["name"], size, max_pixels)
    return fit_bytes(data, request["name"], size, max_pixels)


def _inspected(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    facts = [_fact(Path(path), request["max_pixels"]) for path in request["paths"]]
    names = [field.name for field in dataclasses.fields(FileFacts) if field.name != "small"]
    rows = [
        {**{name: getattr(fact, name) for name in names}, "seen": fact.small is not None}
        for fact in facts
    ]
    return {"facts": rows}, b"".join(f.small.tobytes() for f in facts if f.small is not None)


def _fact(path: Path, max_pixels: int) -> FileFacts:
    try:
        return inspect(path, max_pixels)
    except MemoryError:
        return FileFacts(issues="unreadable")


def _answer(answers: IO[bytes], head: dict[str, Any], body: bytes) -> None:
    answers.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n" + body)
    answers.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
