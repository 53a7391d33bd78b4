"""Which folders hold a job that waits or runs: an index, so that nobody looks through all runs.

The folder is the record. An entry is an empty file whose name is the folder's path in the
workspace; it goes once the job has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

_NAME = "jobs"


def add(queue_dir: Path, folder: Path) -> None:
    """Note a job's folder.

    Args:
        queue_dir: The workspace's `queue/`.
        folder: In the same workspace.

    Raises:
        ValueError: If it is elsewhere.
    """
    path = folder.resolve().relative_to(queue_dir.parent.resolve())
    place = queue_dir / _NAME
    place.mkdir(parents=True, exist_ok=True)
    (place / quote(path.as_posix(), safe="")).touch()


def folders(queue_dir: Path) -> Iterator[Path]:
    """The folders that were noted."""
    place, workspace = queue_dir / _NAME, queue_dir.parent
    if place.is_dir():
        for entry in sorted(place.iterdir()):
            folder = workspace / unquote(entry.name)
            if folder.resolve().is_relative_to(workspace.resolve()):
                yield folder


def remove(queue_dir: Path, folder: Path) -> None:
    """Forget a job's folder."""
    path = folder.relative_to(queue_dir.parent)
    with suppress(OSError):
        (queue_dir / _NAME / quote(path.as_posix(), safe="")).unlink()
