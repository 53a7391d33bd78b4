"""Runs kept between two looks at their folder: it is an index, and each process builds it anew.

The folders are the record. A run that goes on is read every time; another one is read again once
its folder has changed, which replacing, adding or taking away a file does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from core.files import FileVersion, is_young, version_of
from core.runs.run import Run


class Listing:
    """The runs of one folder, as one process last saw them."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[FileVersion, Run]] = {}

    def runs(self, runs_dir: Path, read: Callable[[str], Run | None]) -> list[Run]:
        """All runs, in no order.

        Args:
            runs_dir: Their folder.
            read: Reads one by its id; None for one that cannot be read.
        """
        before, now, runs = self._kept, {}, []
        for name, version in _folders(runs_dir):
            kept = before.get(name)
            if kept is None or kept[0] != version:
                run = read(name)
                if run is None:
                    continue
                kept = (version, run)
            if _settled(kept):
                now[name] = kept
            runs.append(kept[1])
        self._kept = now
        return runs


@lru_cache(maxsize=16)
def listing_of(runs_dir: Path) -> Listing:
    """The process' own listing of a folder."""
    return Listing()


def _folders(runs_dir: Path) -> list[tuple[str, FileVersion]]:
    found = []
    with os.scandir(runs_dir) as entries:
        for entry in entries:
            try:
                if entry.is_dir():
                    found.append((entry.name, version_of(entry.stat())))
            except OSError:
                continue  # deleted in between
    return found


def _settled(kept: tuple[FileVersion, Run]) -> bool:
    """Return True if only a change of its folder can change a run.

    One that seems to be gone may only have been silent.
    """
    version, run = kept
    return run.status.finished is not None and not is_young(version)
