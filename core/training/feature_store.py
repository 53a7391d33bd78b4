"""Stored outputs of frozen layers: one memory-mapped array for each content key.

`features/<key>/` holds `features.npy` (one row an image), `progress.json` (rows that are on
disk) and `lock`. The key is made of everything that the values depend on, so a stored file is
never stale. Rows count as done only after they were flushed: a pass that was cut off goes on there.
In float16 a value may be too large: it is stored as the largest one, and counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.errors import UnfreezeError
from core.files import write_json
from core.jobs.lock import take, wait_for
from core.language import tr
from core.posix import reserve_space
from core.records import read_record

FLOAT16_MAX = float(np.finfo(np.float16).max)
# Beside an array that several processes write: which rows are there; see `shards`.
SHARDS = "shards"


def feature_key(parts: Mapping[str, Any]) -> str:
    """Name of the content: a hash of everything that the stored values depend on."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class FeatureFile:
    """One array of the store.

    Args:
        path: Its folder.
        shape: `(images, *shape of one image's features)`.
        dtype: Of the values.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: str) -> None:
        self.path = path
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._handle: BinaryIO | None = None
        self._offset = 0
        self._clipped = 0

    @property
    def bytes(self) -> int:
        """Size of the values on disk."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    @property
    def rows_done(self) -> int:
        """Rows that are on disk; the rest is to be computed."""
        return self._progress("rows")

    @property
    def clipped(self) -> int:
        """Values that were too large for float16, and are stored as its largest."""
        return self._progress("clipped")

    def _progress(self, name: str) -> int:
        return read_record(self.path / "progress.json", lambda found: int(found[name]), 0)

    @property
    def complete(self) -> bool:
        """True if all rows are stored."""
        return self.rows_done == self.shape[0]

    @contextmanager
    def locked(self, check: Callable[[], None]) -> Iterator[None]:
        """Holds the file for one writer; another process with the same key waits here.

        Args:
            check: Called while waiting; may raise to give up.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with wait_for(self.path / "lock", check):
            yield

    def reserve(self) -> None:
        """Creates the file at its full size.

        Raises:
            UnfreezeError: If the disk has no room. A memory map that runs into a full disk would
                end the process without a word, so the space is taken first.
        """
        target, shards = self.path / "features.npy", self.path / SHARDS
        if target.exists() and (self.rows_done or shards.exists()):
            return
        shards.unlink(missing_ok=True)
        write_json(self.path / "progress.json", {"rows": 0})
        np.lib.format.open_memmap(target, mode="w+", dtype=self.dtype, shape=self.shape).flush()
        try:
            with target.open("r+b") as handle:
                reserve_space(handle, target.stat().st_size)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise UnfreezeError(
                tr(
                    "The disk has no room for {size} MB of stored features.",
                    size=round(self.bytes / 1e6),
                ),
                tr("Delete runs or data sets, or choose a smaller image size or a later block."),
            ) from error

    def write(self, start: int, values: np.ndarray[Any, Any]) -> None:
        """Writes rows from `start` on; `flush` makes them count.

        Not through a memory map: other machines may write other rows of the same pages.
        """
        if self._handle is None:
            target = self.path / "features.npy"
            self._offset = np.load(target, mmap_mode="r", allow_pickle=False).offset
            self._handle = target.open("r+b")
        if self.dtype == np.float16:
            # Else they would be infinite, and so would the loss.
            self._clipped += int(np.count_nonzero(np.abs(values) > FLOAT16_MAX))
            values = np.clip(values, -FLOAT16_MAX, FLOAT16_MAX)
        self._handle.seek(self._offset + start * self.bytes // self.shape[0])
        self._handle.write(np.ascontiguousarray(values, self.dtype).data)

    def sync(self) -> int:
        """Puts what was written on disk.

        Returns:
            Values that were too large for float16 since the last time.
        """
        if self._handle is not None:
            self._handle.flush()
            os.fsync(self._handle.fileno())
            self._handle.close()
            self._handle = None
        clipped, self._clipped = self._clipped, 0
        return clipped

    def flush(self, rows: int) -> None:
        """Puts what was written on disk, then says that `rows` rows are there."""
        self.count(rows, self.clipped + self.sync())

    def count(self, rows: int, clipped: int) -> None:
        """Record the number of rows on disk and of clipped values."""
        write_json(self.path / "progress.json", {"rows": rows, "clipped": clipped})

    def read(self) -> np.ndarray[Any, Any]:
        """The whole array, memory-mapped and read-only."""
        array = np.load(self.path / "features.npy", mmap_mode="r", allow_pickle=False)
        os.utime(self.path / "progress.json")  # when it was last used
        return array  # type: ignore[no-any-return]


class FeatureStore:
    """All stored features of a workspace, within a budget.

    Args:
        features_dir: The workspace's `features/`.
        budget: Most bytes that all files may take together.
    """

    def __init__(self, features_dir: Path, budget: int = 50_000_000_000) -> None:
        self.features_dir = features_dir
        self.budget = budget

    def file(self, key: str, shape: tuple[int, ...], dtype: str = "float32") -> FeatureFile:
        """The array of that key, whether it exists or not."""
        return FeatureFile(self.features_dir / key, shape, dtype)

    def stored(self) -> list[StoredFeatures]:
        """List the stored features, the least recently used first."""
        if not self.features_dir.is_dir():
            return []
        found = [_stored(path) for path in self.features_dir.iterdir() if path.is_dir()]
        return sorted(found, key=lambda entry: entry.used)

    def make_room(self, needed: int, keep: Sequence[Path]) -> bool:
        """Deletes what was not used for longest until `needed` bytes fit into the budget.

        Args:
            needed: Bytes that are about to be stored.
            keep: Folders that stay, whatever their age.

        Returns:
            Whether there is room now. Nothing is deleted where deleting would not be enough.
        """
        entries = self.stored()
        excess = sum(entry.bytes for entry in entries) + needed - self.budget
        candidates = [entry for entry in entries if entry.path not in keep]
        if excess > sum(entry.bytes for entry in candidates):
            return False
        for entry in candidates:
            if excess <= 0:
                break
            if self.delete(entry.path):
                excess -= entry.bytes
        return excess <= 0

    def delete(self, path: Path) -> bool:
        """Deletes one entry, unless a run is writing it.

        A run that is reading it keeps its memory map: the file's space is freed when it ends.
        """
        try:
            lock = take(path / "lock")
        except FileNotFoundError:
            return True  # another process was quicker
        if lock is None:
            return False
        with lock:
            for file in path.iterdir():
                if file.is_file() and file.name != "lock":  # Windows deletes no open file
                    file.unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        return True


@dataclass(frozen=True)
class StoredFeatures:
    """One entry of the store: its folder, size in bytes, and when it was last used."""

    path: Path
    bytes: int
    used: float


def _stored(path: Path) -> StoredFeatures:
    size = 0
    used = 0.0
    for name in ("features.npy", "progress.json"):
        try:
            facts = (path / name).stat()
        except FileNotFoundError:
            continue  # reserved a moment ago, or being deleted
        size += facts.st_size
        used = max(used, facts.st_mtime)
    return StoredFeatures(path, size, used)
