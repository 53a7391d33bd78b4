"""A data set is made aside and put in its place whole: nobody meets half of one."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import getpid
from pathlib import Path

import psutil

from core.datasets.store import Dataset, DatasetStore

_PREFIX = ".import-"
# Of another machine's import nothing else can be known than how old it is.
_MAX_AGE_S = 24 * 3600.0


@contextmanager
def staging(datasets_dir: Path) -> Iterator[Path]:
    """A folder to make a data set in; gone afterwards, as are those that killed imports left.

    Args:
        datasets_dir: The workspace's `datasets/`; made where it is missing.

    Yields:
        An empty folder on the same disk.
    """
    datasets_dir.mkdir(parents=True, exist_ok=True)
    remove_abandoned(datasets_dir)
    prefix = f"{_PREFIX}{socket.gethostname()}-{getpid()}-"
    with tempfile.TemporaryDirectory(dir=datasets_dir, prefix=prefix) as folder:
        yield Path(folder)


def publish(made: Path, datasets_dir: Path) -> Dataset:
    """Puts a data set's folder in its place.

    Args:
        made: The folder, named like the data set; gone afterwards.
        datasets_dir: The workspace's `datasets/`.

    Returns:
        The data set; the one that is there already where another import was quicker.
    """
    final = datasets_dir / made.name
    if not (final / "dataset.json").exists():
        shutil.rmtree(final, ignore_errors=True)  # a folder without it is no data set
        try:
            made.rename(final)
        except OSError:
            if not (final / "dataset.json").exists():
                raise
    return DatasetStore(datasets_dir).get(made.name)


def remove_abandoned(datasets_dir: Path) -> None:
    """Removes what imports have left whose process is gone."""
    for folder in datasets_dir.glob(f"{_PREFIX}*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    host, _, rest = folder.name.removeprefix(_PREFIX).rpartition("-")[0].rpartition("-")
    if host == socket.gethostname() and rest.isdecimal():
        return not psutil.pid_exists(int(rest))
    try:
        return time.time() - folder.stat().st_mtime > _MAX_AGE_S
    except FileNotFoundError:
        return False  # its import ended just now
