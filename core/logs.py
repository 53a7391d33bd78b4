"""Logs of all processes: one format, limited in size, without secrets.

The web server writes `logs/server.log` in the workspace and starts another one every ten megabytes.
The queue's processes add to one file each, a run's process and short tasks to one in their own
folder. Libraries write there too, so nobody can start another file at the right moment: what was
written is copied aside once it is too much, and the file emptied (`keep_small`). With
`UNFREEZE_LOG=json` every line is one JSON object.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import os
import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from core.files import replace_file
from core.settings import APP_ROOT

MAX_BYTES = 10_000_000
KEPT = 5
# Of a run or a short task: there may be thousands.
MAX_RUN_BYTES = 2_000_000
_HIDDEN = "***"
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
# Of variables and settings, what their names call a secret.
_SECRET_NAME = re.compile(r"secret|password|passwd|token|api_?key|credential", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s]+@"), rf"\1:{_HIDDEN}@"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {_HIDDEN}"),
    (
        re.compile(
            r"((?:secret|password|passwd|token|api_?key)[\"']?\s*[=:]\s*)[\"']?[^\s\"',&}]+[\"']?",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
)
# Shorter ones would hide half of every sentence.
_SHORTEST = 6


class Discreet(logging.Formatter):
    """Formats a record and hides what is secret in it, in tracebacks too.

    Args:
        as_json: Whether a line is one JSON object, with time, level, name, message and, for an
            error, its traceback.
        secrets: What is hidden wherever it occurs.
    """

    def __init__(self, as_json: bool, secrets: tuple[str, ...] = ()) -> None:
        super().__init__(_FORMAT)
        self._json = as_json
        self._secrets = sorted((s for s in secrets if len(s) >= _SHORTEST), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """One line of text with a traceback below, or one of JSON."""
        if not self._json:
            return self._hidden(super().format(record))
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "name": record.name,
            "process": record.process,
            "message": self._hidden(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = self._hidden(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)

    def _hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


class ServerLog(logging.handlers.RotatingFileHandler):
    """The web server's file; there is one at a time."""


def log_to_stderr() -> None:
    """Set up logging for a process whose output is its log."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def log_to_file(path: Path) -> logging.Handler | None:
    """Add a size-limited log file to the web server's loggers.

    Args:
        path: The file; older ones beside it end in `.1` to `.5`.

    Returns:
        What was added; None where the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = ServerLog(
            path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", errors="replace"
        )
    except OSError:
        return None
    handler.setFormatter(formatter())
    handler.setLevel(logging.INFO)
    root = logging.getLogger()
    logging.getLogger("core").setLevel(logging.INFO)
    for logger in (root, *(logging.getLogger(name) for name in list(root.manager.loggerDict))):
        for other in [h for h in logger.handlers if isinstance(h, ServerLog)]:
            logger.removeHandler(other)
        # Streamlit's loggers, and others that keep their records to themselves, besides the root.
        if logger is root or not logger.propagate:
            logger.addHandler(handler)
    return handler


def open_log(path: Path) -> IO[bytes]:
    """Opens the log of a process that is about to start, which other code writes to as it likes.

    A file that has reached `MAX_BYTES` moves to one that ends in `.1`, in place of an older one.
    """
    with contextlib.suppress(OSError):  # there is none, or two that start at once move it
        if path.stat().st_size >= MAX_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def new_log(path: Path) -> IO[bytes]:
    """Opens the log of a process that is about to start, without what an earlier one wrote."""
    path.unlink(missing_ok=True)
    return path.open("ab")  # only what is appended may be emptied meanwhile


def keep_small(path: Path, most: int = MAX_BYTES) -> None:
    """Empties a log that processes append to, once it has reached a size.

    Its end moves to a file that ends in `.1`, in place of an older one. What is written in that
    moment is lost.

    Args:
        path: The log; may be missing.
        most: The size, in bytes; of the file that ends in `.1` too.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size < most:
            return
        with path.open("rb") as log:
            log.seek(-most, os.SEEK_END)
            end = log.read(most)
        # On a full disk, room is worth more than what it said.
        with contextlib.suppress(OSError):
            replace_file(path.with_name(f"{path.name}.1"), lambda part: _write(part, end))
        os.truncate(path, 0)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def formatter() -> Discreet:
    """Formatter of all processes, as the environment asks for."""
    return Discreet(os.environ.get("UNFREEZE_LOG") == "json", tuple(_known_secrets()))


def _known_secrets() -> Iterator[str]:
    """Values that must not be written anywhere: of the environment and of `secrets.toml`."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name):
            yield value
        if "://" in value and urlsplit(value.split()[0]).password:
            yield from _password(value)
    try:
        text = (APP_ROOT / ".streamlit" / "secrets.toml").read_text(encoding="utf-8")
        yield from _strings(tomllib.loads(text))
    except (OSError, ValueError, RecursionError):
        pass  # there is none, or Streamlit will say what is wrong with it


def _password(url: str) -> Iterator[str]:
    written = urlsplit(url).password or ""
    yield written
    yield unquote(written)


def _strings(values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _strings(value)
        elif isinstance(value, str) and _SECRET_NAME.search(name):
            yield value
