"""Brings a data set into the workspace: from a zip, or from a folder under `data/`."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO

import pandas as pd

from core.datasets.archive import peek, unpack
from core.datasets.copies import mark_copies
from core.datasets.coverage import coverage_notes, is_coverage_note
from core.datasets.edits import carry_over, edits_of, unedited
from core.datasets.folder import files_below
from core.datasets.label_table import find_table, is_usual
from core.datasets.layout import FoundImage, Layout, from_labels, recognise
from core.datasets.regroup import is_split_by_app
from core.datasets.scan import scan
from core.datasets.split import complete_splits
from core.datasets.staging import publish, staging
from core.datasets.store import Dataset, DatasetStore
from core.errors import DatasetError, LimitError
from core.language import tr, trn
from core.settings import Settings

Progress = Callable[[int, int], None]
# Of a hash, the hexadecimal digits that end a data set's id.
_DIGITS = 10


def import_zip(
    archive: Path, name: str, settings: Settings, progress: Progress, source: str = ""
) -> Dataset:
    """Unpacks and scans a zip; the same bytes a second time are the data set that is there.

    Args:
        archive: The zip.
        name: What to call the data set.
        settings: Workspace and limits.
        progress: Called with `(files done, files in all)`, for unpacking and for scanning.
        source: Where it came from, in words; the archive's name unless given.

    Returns:
        The data set.

    Raises:
        ArchiveError: If the zip cannot or must not be unpacked.
        LayoutError: If its arrangement is not recognised.
        DatasetError: If it cannot be trained on. Nothing is left behind in any of these cases.
    """
    digest = _file_hash(archive)[:_DIGITS]
    for there in settings.datasets_dir.glob(f"*-{digest}/dataset.json"):
        return DatasetStore(settings.datasets_dir).get(there.parent.name)
    dataset_id = f"{slug(name)}-{digest}"
    with staging(settings.datasets_dir) as folder:
        images = folder / dataset_id / "images"
        images.mkdir(parents=True)
        left_out = unpack(archive, images, settings, progress)
        layout = arrangement(images)
        manifest, notes = _scanned(images, layout, settings, progress)
        notes += left_out
        names = layout.class_names
        source = source or f"zip {archive.name}"
        made = DatasetStore(folder).save(
            dataset_id, name, manifest, names, images, source, tuple(notes)
        )
        return publish(made.path, settings.datasets_dir)


def import_folder(
    folder: Path, settings: Settings, progress: Progress, anywhere: bool = False
) -> Dataset:
    """Scans a folder, whose images stay where they are.

    A folder that was scanned before becomes a new version; what was changed by hand stays changed.

    Args:
        folder: A folder under the workspace's `data/`.
        settings: Workspace and limits.
        progress: Called with `(files done, files in all)`.
        anywhere: Whether it may lie elsewhere; for whoever may read this machine's files anyway.

    Raises:
        LayoutError: If its arrangement is not recognised.
        DatasetError: If it lies elsewhere, is missing, or cannot be trained on.
    """
    resolved = folder.resolve()
    root = settings.data_dir.resolve()
    inside = resolved.is_relative_to(root)
    if not (inside or anywhere) or not resolved.is_dir():
        raise DatasetError(
            tr(
                "{folder} is no folder under {data}.",
                folder=str(folder),
                data=str(settings.data_dir),
            ),
            tr("Put it there and try again."),
        )
    layout = arrangement(resolved)
    manifest, notes = _scanned(resolved, layout, settings, progress)
    dataset_id = (
        f"{slug(folder.name)}-{hashlib.sha256(str(resolved).encode()).hexdigest()[:_DIGITS]}"
    )
    store = DatasetStore(settings.datasets_dir)
    source = f"folder data/{resolved.relative_to(root)}" if inside else f"folder {resolved}"
    names = layout.class_names
    there = (settings.datasets_dir / dataset_id / "dataset.json").exists()
    with store.changing(dataset_id) if there else nullcontext() as current:
        before = edits_of(current) if current else ()
        scanned = store.save(
            dataset_id, folder.name, manifest, names, resolved, source, tuple(notes)
        )
        return carry_over(store, scanned, before) if before else scanned


def check_again(dataset: Dataset, settings: Settings, progress: Progress) -> Dataset:
    """Scan the images of a data set once more and search them for near-duplicates as of today.

    The result is a new version with the changes that were made by hand; runs keep theirs. Splits
    that the app made are made anew, those that the data set brought stay.

    Raises:
        DatasetError: If too few images are left.
    """
    store = DatasetStore(settings.datasets_dir)
    with store.changing(dataset.id) as current:
        edits, base = edits_of(current), unedited(store, current)
        own = is_split_by_app(base.notes)
        columns = (base.manifest()[name].tolist() for name in ("path", "class_name", "split"))
        images = [
            FoundImage(path, name, "" if own else split)
            for path, name, split in zip(*columns, strict=True)
        ]
        found = scan(base.root, images, base.class_names, settings.max_pixels, progress)
        manifest = mark_copies(complete_splits(found)[0])
        notes = [note for note in base.notes if not is_coverage_note(note)]
        notes += coverage_notes(manifest, base.class_names)
        about = (manifest, base.class_names, base.root, base.source, tuple(notes), base.created)
        checked = store.save(base.id, base.name, *about)
        return carry_over(store, checked, edits) if edits else checked


def arrangement(root: Path) -> Layout:
    """Detect a folder's layout: `labels.csv`, folders, file names, or another table.

    Raises:
        LayoutError: If none of them says the classes.
        DatasetError: If there is one class only.
    """
    files, unnamed = files_below(root)
    layout = _arranged(root, files)
    if not unnamed:
        return layout
    note = trn(
        "{count} file was left out because of a name that is no text: {names}.",
        "{count} files were left out because of a name that is no text: {names}.",
        len(unnamed),
        names=", ".join(unnamed[:3]),
    )
    return replace(layout, notes=(*layout.notes, note))


def arrangement_of_archive(archive: IO[bytes], name: str, settings: Settings) -> Layout:
    """Detect an archive's layout before anything is unpacked.

    Args:
        archive: The file, open for reading.
        name: Its name, for messages.
        settings: Its limits are kept.

    Raises:
        ArchiveError: If it cannot or must not be unpacked.
        LayoutError: If nothing in it says the classes.
        DatasetError: If there is one class only.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _arranged(Path(folder), peek(archive, name, Path(folder), settings))


def _arranged(root: Path, files: list[str]) -> Layout:
    table = find_table(root, files)
    if table is None or not is_usual(table):
        try:
            return recognise(files)
        except DatasetError:
            if table is None:
                raise
    labels, unknown = table.assign(files)
    return from_labels(files, labels, table.path, unknown)


def check_images(images: int, settings: Settings) -> None:
    """Check the number of images against the limit.

    Raises:
        LimitError: If these are too many.
    """
    if images > settings.limit_images:
        raise LimitError(
            tr(
                "These are {images} images; the limit is {most}.",
                images=images,
                most=settings.limit_images,
            ),
            tr(
                "Leave some out, or ask an admin to raise {variable}.",
                variable="UNFREEZE_LIMIT_IMAGES",
            ),
        )


def slug(name: str) -> str:
    """A name that is safe as a folder's: lower case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "images"


def _scanned(
    root: Path, layout: Layout, settings: Settings, progress: Progress
) -> tuple[pd.DataFrame, list[str]]:
    check_images(len(layout.images), settings)
    found = scan(root, layout.images, layout.class_names, settings.max_pixels, progress)
    manifest, notes = complete_splits(found)
    manifest = mark_copies(manifest)
    if layout.ignored:
        note = trn(
            "{count} image belongs to no class: {names}.",
            "{count} images belong to no class: {names}.",
            len(layout.ignored),
            names=", ".join(layout.ignored[:3]),
        )
        notes.append(note)
    notes += layout.notes
    return manifest, notes + coverage_notes(manifest, layout.class_names)


def _file_hash(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
