"""The workspace's data sets: `datasets/<id>/dataset.json` and `manifest-<version>.parquet`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.datasets.manifest import manifest_version, read_manifest, write_manifest
from core.errors import DatasetError
from core.files import read_json, write_json
from core.jobs.lock import wait_for
from core.language import Words, english, retold, tr
from core.records import UNREADABLE_RECORD, seconds_since_1970


@dataclass(frozen=True)
class Dataset:
    """One imported data set, in one version.

    Attributes:
        id: Name of its folder.
        name: What people call it.
        version: Names the manifest's content; a run keeps it.
        class_names: In the order of the labels.
        root: Folder that the manifest's paths are relative to. For a zip it lies in the data
            set's folder; for a user's folder it is that folder, which is never written to.
        path: The data set's own folder.
        source: Where it came from, in words.
        notes: What was done or is wrong, one sentence each.
        created: When it was imported, in seconds since 1970.
    """

    id: str
    name: str
    version: str
    class_names: tuple[str, ...]
    root: Path
    path: Path
    source: str = ""
    notes: tuple[str, ...] = ()
    created: float = 0.0

    def manifest(self) -> pd.DataFrame:
        """All image files, with the columns that `core.datasets.manifest` lists."""
        path = self.path / f"manifest-{self.version}.parquet"
        return read_manifest(path, len(self.class_names))

    def images(self, split: str) -> pd.DataFrame:
        """The usable images of one split (`train`, `val` or `test`), in the manifest's order."""
        table = self.manifest()
        return table[table["usable"] & (table["split"] == split)].reset_index(drop=True)


class Datasets:
    """The data sets under one folder, to read only.

    Args:
        datasets_dir: The workspace's `datasets/`.
        hidden: Says why the data set of an id is hidden from the reader, or None where it is
            visible or does not exist; without it every data set is visible.
    """

    def __init__(
        self, datasets_dir: Path, hidden: Callable[[str], DatasetError | None] | None = None
    ) -> None:
        self.datasets_dir = datasets_dir
        self.hidden = hidden or (lambda dataset_id: None)

    def get(self, dataset_id: str, version: str = "") -> Dataset:
        """Reads one data set, in its current version or in the one that is named.

        Raises:
            DatasetError: If there is none, it cannot be read, or the reader may not see it.
        """
        if not dataset_id or Path(dataset_id).name != dataset_id or dataset_id in (".", ".."):
            raise DatasetError(
                tr("{id} is no data set.", id=repr(dataset_id)), tr("Choose one on the Data page.")
            )
        path = self.datasets_dir / dataset_id
        name = f"dataset-{version}.json" if version else "dataset.json"
        try:
            dataset = _dataset(dataset_id, path, read_json(path / name))
        except UNREADABLE_RECORD as error:
            raise DatasetError(
                tr("There is no readable data set {id}.", id=repr(dataset_id)),
                tr("Choose one on the Data page."),
            ) from error
        hidden = self.hidden(dataset_id)
        if hidden is not None:
            raise hidden
        return dataset

    def list(self) -> list[Dataset]:
        """All readable data sets, the newest first."""
        datasets = []
        for record in self.datasets_dir.glob("*/dataset.json"):
            try:
                datasets.append(self.get(record.parent.name))
            except DatasetError:
                continue  # one unreadable folder must not hide the others
        return sorted(datasets, key=lambda dataset: dataset.created, reverse=True)


class DatasetStore(Datasets):
    """Data sets under one folder, to read and to change; pages get `Datasets` instead.

    Args:
        datasets_dir: The workspace's `datasets/`.
    """

    def __init__(self, datasets_dir: Path) -> None:
        super().__init__(datasets_dir)

    def save(
        self,
        dataset_id: str,
        name: str,
        manifest: pd.DataFrame,
        class_names: tuple[str, ...],
        root: Path,
        source: str = "",
        notes: tuple[str, ...] = (),
        created: float = 0.0,
    ) -> Dataset:
        """Writes a manifest as the data set's current version; earlier versions stay.

        `created` is when it was imported, in seconds since 1970; now unless given.
        """
        version = manifest_version(manifest)
        path = self.datasets_dir / dataset_id
        write_manifest(path / f"manifest-{version}.parquet", manifest)
        # A root inside the data set's folder is kept relative, so that a workspace can be moved.
        inside = root.is_relative_to(path)
        record = {
            "name": name,
            "version": version,
            "class_names": list(class_names),
            "root": str(root.relative_to(path)) if inside else str(root),
            "source": source,
            "notes": [english(note) for note in notes],
            "told_notes": [note.record() if isinstance(note, Words) else None for note in notes],
            "created": created or time.time(),
        }
        write_json(path / f"dataset-{version}.json", record)
        write_json(path / "dataset.json", record)
        return self.get(dataset_id)

    @contextmanager
    def changing(self, dataset_id: str) -> Iterator[Dataset]:
        """The current version, which nobody else changes until the block ends.

        Two people who change one data set at a time wait for each other, in threads and in
        processes; the second goes on from what the first has made.

        Raises:
            DatasetError: If there is none, or it cannot be read.
        """
        with wait_for(self.get(dataset_id).path / "changing.lock"):
            yield self.get(dataset_id)

    def delete(self, dataset_id: str) -> None:
        """Deletes a data set's own folder; a user's folder that it refers to stays.

        Raises:
            DatasetError: If there is none, or the disk refuses.
        """
        with self.changing(dataset_id) as dataset:
            try:
                # First of all: without it the folder is no data set, and nobody meets half of one.
                (dataset.path / "dataset.json").unlink()
                shutil.rmtree(dataset.path)
            except OSError as error:
                raise DatasetError(
                    tr(
                        "{name} could not be deleted whole: {error}.",
                        name=dataset.name,
                        error=error.strerror or str(error),
                    ),
                    tr("Delete what is left of {folder}.", folder=str(dataset.path)),
                ) from error


def _dataset(dataset_id: str, path: Path, record: dict[str, Any]) -> Dataset:
    if not isinstance(record["class_names"], list):
        raise TypeError("class_names should be a list.")
    version, root = str(record["version"]), str(record["root"])
    if "/" in version or "\0" in version + root:
        raise ValueError(f"no version and root: {version!r:.60}, {root!r:.60}")
    return Dataset(
        id=dataset_id,
        name=str(record["name"]),
        version=version,
        class_names=tuple(str(name) for name in record["class_names"]),
        root=path / root,  # an absolute root replaces `path`
        path=path,
        source=str(record.get("source", "")),
        notes=_notes(record),
        created=seconds_since_1970(record.get("created", 0.0)),
    )


def _notes(record: dict[str, Any]) -> tuple[str, ...]:
    """Translate the notes for the reader."""
    notes = record.get("notes", ())
    told = record.get("told_notes") or [None] * len(notes)
    return tuple(retold(words, note) for words, note in zip(told, notes, strict=True))
