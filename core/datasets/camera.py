"""Adds single pictures to a data set, such as those that a camera takes."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.datasets.apart import decoders
from core.datasets.copies import MIN_SIDE, mark_copies
from core.datasets.coverage import coverage_notes, is_coverage_note
from core.datasets.edits import carry_over, edits_of, near_duplicates_judged, unedited
from core.datasets.facts import FINGERPRINT_SIDE, FileFacts
from core.datasets.manifest import COLUMNS
from core.datasets.regroup import DIFFERENT
from core.datasets.sieve import fingerprints
from core.datasets.store import Dataset, DatasetStore
from core.errors import DatasetError, InvalidImageError
from core.language import tr

FOLDER = "camera"
_ENDINGS = {"JPEG": "jpg", "MPO": "jpg"}
# Of 256 bits: shots of one burst differ in fewer. Nothing is laid over each other here, so it is
# a narrower sieve than the scan's.
MAX_DISTANCE = 24


def takes_pictures(dataset: Dataset) -> bool:
    """Return True if images can be added: never to a user's own folder."""
    return dataset.root.is_relative_to(dataset.path)


def add_picture(
    store: DatasetStore,
    dataset: Dataset,
    data: bytes,
    class_name: str,
    max_pixels: int,
    split: str = "train",
) -> Dataset:
    """Adds a picture to a class, and makes a new version.

    A picture that looks like others of the data set joins their group, so that a later division
    keeps a burst of shots together.

    Args:
        store: Where the data set is.
        dataset: The data set.
        data: An image file's bytes.
        class_name: One of its classes.
        max_pixels: Most pixels that an image may have.
        split: `train`, `val` or `test`.

    Returns:
        The new version, or the data set as it is where it has these bytes already.

    Raises:
        InvalidImageError: If it is no whole image.
        DatasetError: If there is no such class, or the data set is a user's own folder.
    """
    if not takes_pictures(dataset):
        raise DatasetError(
            tr("{name} is a folder of yours, which is never written to.", name=dataset.name),
            tr(
                "Put the picture into {folder} yourself and bring the folder in again.",
                folder=str(dataset.root),
            ),
        )
    if class_name not in dataset.class_names:
        raise DatasetError(
            tr("There is no class {name}.", name=repr(class_name)), tr("Choose one of the list.")
        )
    with store.changing(dataset.id) as current:
        edits = edits_of(current)
        # A division made by hand would come out differently with one more picture, and with it the
        # test images: such a data set goes on from what it is now.
        divided = any(edit.kind == "split" for edit in edits)
        divided |= near_duplicates_judged(edits) == DIFFERENT
        base = current if divided else unedited(store, current)
        if hashlib.sha256(data).hexdigest() in set(base.manifest()["sha256"]):
            return current
        name, facts = _written(current, data, max_pixels)
        place = (name, class_name, current.class_names.index(class_name), split)
        saved = _saved(store, base, _with(base.manifest(), place, facts))
        return saved if divided else carry_over(store, saved, edits)


def _saved(store: DatasetStore, base: Dataset, manifest: pd.DataFrame) -> Dataset:
    notes = [note for note in base.notes if not is_coverage_note(note)]
    return store.save(
        base.id,
        base.name,
        manifest,
        base.class_names,
        base.root,
        base.source,
        tuple(notes + coverage_notes(manifest, base.class_names)),
        base.created,
    )


def _written(dataset: Dataset, data: bytes, max_pixels: int) -> tuple[str, FileFacts]:
    folder = dataset.root / FOLDER
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as temporary:
        part = Path(temporary) / "picture"
        part.write_bytes(data)
        facts = decoders().inspect([part], max_pixels)[0]
        if facts.small is None:
            raise InvalidImageError(
                tr("This picture cannot be read as an image."), tr("Take another.")
            )
        name = f"{FOLDER}/{facts.sha256[:16]}.{_ENDINGS.get(facts.format, facts.format.lower())}"
        part.replace(dataset.root / name)
    # It had no name that could say another format.
    issues = ";".join(c for c in facts.issues.split(";") if c and c != "wrong_extension")
    return name, replace(facts, issues=issues)


def _with(
    manifest: pd.DataFrame, place: tuple[str, str, int, str], facts: FileFacts
) -> pd.DataFrame:
    row = pd.DataFrame([(*place, *facts.columns())], columns=list(COLUMNS))
    small = np.zeros((1, FINGERPRINT_SIDE, FINGERPRINT_SIDE), np.uint8)
    small[0] = 0 if facts.small is None else facts.small
    bits = np.packbits(fingerprints(small)[0, 0])
    group = 0
    alike = _alike(manifest, bits)
    if alike.any() and min(facts.width, facts.height) >= MIN_SIDE:
        groups = set(manifest.loc[alike, "group"]) - {0}
        group = min(groups, default=int(manifest["group"].max()) + 1)
        joined = alike | manifest["group"].isin(groups)
        manifest = manifest.assign(group=manifest["group"].mask(joined, group))
    row = row.assign(phash=bits.tobytes().hex(), group=group)
    return mark_copies(pd.concat([manifest, row], ignore_index=True))


def _alike(manifest: pd.DataFrame, bits: np.ndarray[Any, Any]) -> pd.Series:
    """Mask of the rows that look like a hash."""
    sides = manifest[["width", "height"]].min(axis=1)
    known = manifest["usable"] & (manifest["phash"] != "") & (sides >= MIN_SIDE)
    alike = pd.Series(False, index=manifest.index)
    if known.any():
        packed = bytes.fromhex("".join(manifest.loc[known, "phash"]))
        prints = np.frombuffer(packed, np.uint8).reshape(-1, len(bits))
        alike[known] = np.bitwise_count(prints ^ bits).sum(axis=1) <= MAX_DISTANCE
    return alike
