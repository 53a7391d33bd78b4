"""Division of a stored array into shards that several processes compute.

The rows are split into shards. Beside each array lies `shards`: eight bytes that say how many rows
a shard has, then eight for each shard, 0 until its rows are on disk. Who works on a shard holds the
lock of its file, `shard-<number>.lock`. The lock goes with the process, so a dead worker's shard is
free again; and no process collects what the others have computed: each writes its rows where they
belong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np

from core.files import replace_file
from core.jobs.lock import Lock, take
from core.training.feature_store import SHARDS, FeatureFile

SHARD_ROWS = 256
# Of very many images, the shards are larger: looking through them all takes its time.
MOST_SHARDS = 10_000
_ENTRY = np.dtype("<i8")
_DONE = 1

Array = np.ndarray[Any, Any]


class Shards:
    """The shards of one pass, which may write several arrays.

    Args:
        files: The arrays; all have the same rows.

    Raises:
        FileNotFoundError: If nobody leads such a pass.
    """

    def __init__(self, files: Sequence[FeatureFile]) -> None:
        self.files = sorted(files, key=lambda file: file.path)
        self.total = self.files[0].shape[0]
        with ExitStack() as stack:
            self._handles = [
                stack.enter_context((file.path / SHARDS).open("r+b", buffering=0))
                for file in self.files
            ]
            self._stack = stack.pop_all()
        self.rows = int(self._entries()[0, 0])
        self.count = -(-self.total // self.rows)

    @classmethod
    def begin(cls, files: Sequence[FeatureFile], multiple: int) -> Shards:
        """Opens the shards of a pass, and makes those that are not there; for its leader alone.

        Args:
            files: The arrays, reserved and locked.
            multiple: Of which the number of rows in a shard is one.
        """
        rows = _round_up(max(SHARD_ROWS, -(-files[0].shape[0] // MOST_SHARDS)), multiple)
        for file in files:
            if file.rows_done or _rows_in_a_shard(file) != rows:
                _write_new(file, rows)
        return cls(files)

    def close(self) -> None:
        """Closes the files."""
        self._stack.close()

    def range_of(self, shard: int) -> tuple[int, int]:
        """First row, and the one behind the last."""
        return shard * self.rows, min((shard + 1) * self.rows, self.total)

    @property
    def complete(self) -> bool:
        """Return True if all rows are on disk in every array."""
        return not len(self._open())

    @property
    def rows_done(self) -> int:
        """Rows that are on disk."""
        ranges = [self.range_of(int(shard)) for shard in self._open()]
        return self.total - sum(last - first for first, last in ranges)

    @contextmanager
    def claimed(self, anyway: bool = False) -> Iterator[int | None]:
        """Takes a shard that nobody works on.

        Args:
            anyway: Takes one that another process holds, which has been silent for too long. Both
                write the same values.

        Yields:
            The shard, or None where there is none.
        """
        for shard in map(int, self._open()):
            lock = self._taken(shard)
            if lock is None and not anyway:
                continue
            try:
                if shard in self._open():  # else it was done in between
                    yield shard
                    return
            finally:
                if lock is not None:
                    lock.release()
        yield None

    def finish(self, shard: int) -> None:
        """Puts the rows on disk, then says that they are there."""
        before = self._entries()[:, shard + 1]
        for file, handle, done in zip(self.files, self._handles, before, strict=True):
            entry = np.array(_DONE + file.sync(), _ENTRY).tobytes()
            if not done:  # else its values were counted already
                handle.seek((shard + 1) * _ENTRY.itemsize)
                handle.write(entry)

    def end(self) -> None:
        """Mark each array as complete; for the leader alone."""
        for which, file in enumerate(self.files):
            clipped = int((self._entries()[which, 1:] - _DONE).sum())
            file.count(self.total, file.clipped + clipped)
            (file.path / SHARDS).unlink()
        for lock in self.files[0].path.glob("shard-*.lock"):
            with suppress(OSError):  # a helper may still hold one
                lock.unlink()

    def _open(self) -> Array:
        """Shards that are not on disk in every array, in order."""
        return np.flatnonzero((self._entries()[:, 1:] == 0).any(axis=0))

    def _entries(self) -> Array:
        """int64 `(arrays, 1 + shards)`: rows in a shard, then 1 + values clipped, or 0."""
        packed = []
        for handle in self._handles:
            handle.seek(0)
            packed.append(np.frombuffer(handle.read(), _ENTRY))
        return np.stack(packed)

    def _taken(self, shard: int) -> Lock | None:
        try:
            return take(self.files[0].path / f"shard-{shard}.lock")
        except OSError:
            return None  # the file system knows no locks


def _rows_in_a_shard(file: FeatureFile) -> int:
    try:
        return int(np.fromfile(file.path / SHARDS, _ENTRY, count=1)[0])
    except (OSError, IndexError):
        return 0


def _write_new(file: FeatureFile, rows: int) -> None:
    """Convert the record of a pass that went row by row to whole shards."""
    total = file.shape[0]
    last = np.minimum(np.arange(rows, total + rows, rows), total)
    entries = np.concatenate([[rows], np.where(last <= file.rows_done, _DONE, 0)]).astype(_ENTRY)
    replace_file(file.path / SHARDS, lambda part: entries.tofile(part))


def _round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
