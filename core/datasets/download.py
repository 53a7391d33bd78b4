"""Fetches a file over the network: on from where it was cut off, and checked before it is used."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from core.errors import DatasetError
from core.language import tr

Progress = Callable[[int, int], None]
# Longest silence before the way out is offered instead.
SILENCE_TIMEOUT_S = 15.0
_CHUNK = 1 << 18


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server.

    Attributes:
        url: Where it is.
        bytes: Its size.
        sha256: Published checksum; "" where nobody publishes one, and the size alone is checked.
    """

    url: str
    bytes: int
    sha256: str = ""

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.url.rsplit("/", 1)[-1]


def fetch(remote: RemoteFile, folder: Path, progress: Progress) -> Path:
    """Downloads a file, or finds it.

    What has arrived is kept when the connection breaks, and the next call goes on there.

    Args:
        remote: What to download.
        folder: Where to.
        progress: Called with `(bytes there, bytes in all)`.

    Returns:
        The whole file, its size and checksum right.

    Raises:
        DatasetError: If the server cannot be reached, the connection breaks, or the file is not
            what it should be.
    """
    path = folder / remote.name
    if path.is_file() and path.stat().st_size == remote.bytes:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{remote.name}.part"
    try:
        _receive(remote, part, progress)
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(remote, folder, error) from error
    _check(remote, part)
    part.replace(path)
    return path


def _receive(remote: RemoteFile, part: Path, progress: Progress) -> None:
    there = part.stat().st_size if part.exists() else 0
    if there == remote.bytes:
        return
    if there > remote.bytes:
        there = 0
    request = urllib.request.Request(remote.url)  # noqa: S310 - from our own table, not a user's
    if there:
        request.add_header("Range", f"bytes={there}-")
    with urllib.request.urlopen(request, timeout=SILENCE_TIMEOUT_S) as answer:  # noqa: S310
        # A server that does not know ranges sends the whole file again.
        goes_on = answer.status == HTTPStatus.PARTIAL_CONTENT
        there = there if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            while there <= remote.bytes and (chunk := answer.read(_CHUNK)):
                file.write(chunk)
                there += len(chunk)
                progress(min(there, remote.bytes), remote.bytes)
    if there < remote.bytes:
        raise ConnectionError(
            tr("it ended after {there} of {all} bytes", there=there, all=remote.bytes)
        )


def _check(remote: RemoteFile, part: Path) -> None:
    size = part.stat().st_size
    wrong: str = ""
    if size != remote.bytes:
        wrong = tr("size {size} instead of {right} bytes", size=size, right=remote.bytes)
    if not wrong and remote.sha256:
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        wrong = tr("checksum {digest}…", digest=digest[:12]) if digest != remote.sha256 else ""
    if wrong:
        part.unlink()
        raise DatasetError(
            tr(
                "{name} is not the file that was published: {wrong}.",
                name=remote.name,
                wrong=wrong,
            ),
            tr("It was deleted; try again, or bring the data in as a zip."),
        )


def _unreachable(remote: RemoteFile, folder: Path, error: Exception) -> DatasetError:
    host = remote.url.split("/")[2]
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    part = folder / f"{remote.name}.part"
    kept = part.stat().st_size if part.exists() else 0
    way_out = tr(
        "Without internet: fetch {url} elsewhere and put it into {folder}.",
        url=remote.url,
        folder=str(folder),
    )
    if kept:
        way_out = tr(
            "{size} MB are kept: try again. {otherwise}",
            size=round(kept / 1e6),
            otherwise=way_out,
        )
    what = tr(
        "{name} could not be downloaded from {host}: {reason}.",
        name=remote.name,
        host=host,
        reason=str(reason),
    )
    return DatasetError(what, way_out)
