"""Actions on data sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from core.datasets import Dataset, DatasetStore
from core.datasets.bundled import load_bundled
from core.datasets.camera import add_picture
from core.datasets.downloads import Download, load_download
from core.datasets.edits import Edit, add_edit, undo
from core.datasets.importing import check_again, check_images, import_folder, import_zip
from core.datasets.staging import staging
from core.errors import ArchiveError, DatasetError, LimitError, NotAllowedError, TeamError
from core.language import tr, trn
from core.runs import RunStore
from core.settings import Settings
from core.team.acting import Acting
from core.team.acts import Acts
from core.team.limits import gigabytes
from core.team.permissions import Action, sees
from core.team.visible import visible_datasets

Progress = Callable[[int, int], None]


class DataActs(Acts):
    """Brings in, changes and deletes data sets."""

    def __init__(self, acting: Acting) -> None:
        super().__init__(acting)
        self._store = DatasetStore(acting.settings.datasets_dir)

    def import_bundled(self, key: str, progress: Progress | None = None) -> Dataset:
        """Brings in a sample, which is nobody's: the app comes with it."""
        self._acting.require(Action.IMPORT_DATA)
        self._limits.data_left(0)
        return self._brought_in(lambda: load_bundled(key, self._acting.settings, progress), False)

    def import_upload(self, name: str, data: memoryview, progress: Progress) -> Dataset:
        """Brings in an uploaded archive.

        Args:
            name: The file's name.
            data: Its bytes.
            progress: Called with `(files done, files in all)`.
        """
        settings = self._within(data.nbytes)
        # On the workspace's disk: the system's folder for such files is often kept in memory.
        with staging(settings.datasets_dir) as folder:
            path = folder / Path(name).name
            path.write_bytes(data)
            return self._unpacked(settings, lambda: import_zip(path, path.stem, settings, progress))

    def import_folder(self, folder: Path, progress: Progress) -> Dataset:
        """Brings in a folder of the workspace's `data/`, whose images stay where they are."""
        settings = self._within(0)
        return self._brought_in(lambda: import_folder(folder, settings, progress))

    def import_download(self, row: Download, received: Progress, progress: Progress) -> Dataset:
        """Downloads and brings in a known data set."""
        settings = self._within(row.remote.bytes)
        return self._unpacked(
            settings, lambda: load_download(row.key, settings, received, progress, (row,))
        )

    def add_picture(self, dataset: Dataset, data: bytes, class_name: str, split: str) -> Dataset:
        """Adds a picture to a class."""
        self._may_edit(dataset)
        self._limits.data_left(len(data))
        check_images(len(dataset.manifest()) + 1, self._acting.settings)
        most = self._acting.settings.max_pixels
        changed = add_picture(self._store, dataset, data, class_name, most, split)
        self._record(Action.EDIT_DATA, changed, edit="picture", value=class_name)
        return changed

    def edit(self, dataset: Dataset, *edits: Edit) -> Dataset:
        """Makes changes to a data set, all or none."""
        self._may_edit(dataset)
        changed = add_edit(self._store, dataset, *edits)
        for edit in edits:
            self._record(
                Action.EDIT_DATA,
                changed,
                edit=edit.kind,
                value=edit.value,
                images=len(edit.paths),
                version=changed.version,
            )
        return changed

    def check_again(self, dataset: Dataset, progress: Progress) -> Dataset:
        """Search the images for near-duplicates once more; makes a new version."""
        self._may_edit(dataset)
        changed = check_again(dataset, self._acting.settings, progress)
        self._record(Action.EDIT_DATA, changed, edit="check_again", version=changed.version)
        return changed

    def undo(self, dataset: Dataset) -> Dataset:
        """Takes the last change back."""
        self._may_edit(dataset)
        changed = undo(self._store, dataset)
        self._record(Action.EDIT_DATA, changed, edit="undo", version=changed.version)
        return changed

    def delete(self, dataset: Dataset) -> None:
        """Deletes a data set for everybody; not while a run, seen or not, is using it."""
        self._acting.require(Action.DELETE_DATA, "dataset", dataset.id)
        store = RunStore(self._acting.settings.runs_dir)
        runs = store.list(rate_tests=True)
        using = [r for r in runs if r.base.dataset_id == dataset.id and r.status.state.active]
        if using:
            raise DatasetError(
                trn(
                    "{count} run is using {name}.",
                    "{count} runs are using {name}.",
                    len(using),
                    name=dataset.name,
                ),
                tr("Wait until it has ended, or stop it."),
            )
        self._store.delete(dataset.id)
        self._acting.forget("dataset", dataset.id)
        for run_id in store.forget_rate_tests(dataset.id):
            self._acting.forget("run", run_id)
        self._record(Action.DELETE_DATA, dataset)

    def _within(self, needed: int) -> Settings:
        """The settings with no more room than is left."""
        self._acting.require(Action.IMPORT_DATA)
        left = self._limits.data_left(needed)
        settings = self._acting.settings
        most = min(settings.max_unpacked_bytes, left)
        return dataclasses.replace(settings, max_unpacked_bytes=most)

    def _unpacked(self, settings: Settings, make: Callable[[], Dataset]) -> Dataset:
        try:
            return self._brought_in(make)
        except ArchiveError as error:
            if settings.max_unpacked_bytes == self._acting.settings.max_unpacked_bytes:
                raise
            raise LimitError(
                error.what,
                tr(
                    "{left} are left for data sets: delete some, or ask an admin to raise "
                    "{variable}.",
                    left=gigabytes(settings.max_unpacked_bytes),
                    variable="UNFREEZE_LIMIT_DATA_BYTES",
                ),
            ) from error

    def _brought_in(self, make: Callable[[], Dataset], own: bool = True) -> Dataset:
        there = {dataset.id for dataset in self._store.list()}
        dataset = make()
        owned = self._acting.owned("dataset", dataset.id)
        if not sees(self._acting.person, owned.owner, owned.private):
            # The same images a second time are the data set that is there.
            raise NotAllowedError(
                tr("These images are in a private data set already."),
                tr("Ask an admin to share it."),
            )
        if own and dataset.id not in there:
            self._acting.claim("dataset", dataset.id)
        self._record(Action.IMPORT_DATA, dataset, source=dataset.source)
        return dataset

    def _may_edit(self, dataset: Dataset) -> None:
        self._acting.require(Action.EDIT_DATA, "dataset", dataset.id)
        visible_datasets(self._acting).get(dataset.id)
        try:
            lock = self._acting.books.presence.lock(
                dataset.id, self._acting.holder, self._acting.person.name
            )
        except TeamError:
            if self._acting.person.known:
                raise
            return
        if lock.holder != self._acting.holder:
            raise lock.refusal()  # they began since this person was let pass

    def _record(self, action: Action, dataset: Dataset, **details: str | int) -> None:
        self._acting.record(action, "dataset", dataset.id, name=dataset.name, **details)
