"""The manifest: one row an image file, as the scan found it.

Columns:
    path (str): the file, relative to the data set's root, with `/` between parts.
    class_name (str): the class that its folder or table names.
    label (int64): its index in the data set's `class_names`.
    split (str): `train`, `val` or `test`.
    width, height (int64): size in pixels after EXIF rotation; 0 where unreadable.
    bytes (int64): size of the file.
    mode, format (str): as Pillow names them; "" where unreadable.
    sha256 (str): of the file's bytes.
    issues (str): codes of `core.datasets.health`, joined by `;`; "" where nothing is wrong.
    usable (bool): whether runs use the image.
    phash (str): perceptual hash, 64 hexadecimal digits; "" where unreadable or not computed.
    group (int64): the same number for images that show the same picture; 0 where there is one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_string_dtype

from core.errors import DatasetError
from core.files import replace_file
from core.language import Words, mark, tr
from core.tables import UNREADABLE_TABLE

COLUMNS = (
    "path",
    "class_name",
    "label",
    "split",
    "width",
    "height",
    "bytes",
    "mode",
    "format",
    "sha256",
    "issues",
    "usable",
)
_TEXT = ("path", "class_name", "split", "sha256", "issues")
_COUNTS = ("label", "width", "height", "bytes")
_OUTSIDE = r"^/|(?:^|/)\.\.(?:/|$)|\x00"
SPLITS = ("train", "val", "test")
_SPLIT_WORDS = {"train": mark("train"), "val": mark("val"), "test": mark("test")}


def manifest_version(manifest: pd.DataFrame) -> str:
    """Twelve hexadecimal digits that name a manifest: images, labels, splits, use, groups."""
    columns = manifest[["path", "class_name", "split", "sha256", "usable"]]
    if "group" in manifest and manifest["group"].any():
        columns = columns.assign(group=manifest["group"])
    text = columns.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def write_manifest(path: Path, manifest: pd.DataFrame) -> None:
    """Writes a manifest as Parquet, replacing `path` whole."""
    replace_file(path, lambda part: manifest.to_parquet(part, index=False))


def read_manifest(path: Path, classes: int) -> pd.DataFrame:
    """Reads a manifest.

    Args:
        path: The file.
        classes: How many the data set has.

    Returns:
        A DataFrame with at least `COLUMNS`, `phash` and `group`.

    Raises:
        DatasetError: If it is damaged.
        OSError: If it is not there.
    """
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError:
        raise
    except UNREADABLE_TABLE as error:
        raise _damaged(path) from error
    if missing := set(COLUMNS) - set(table.columns):
        columns = ", ".join(sorted(missing))
        raise _damaged(
            path, tr("{name} has no column {columns}.", name=_name(path), columns=columns)
        )
    if len(table) and not _is_sound(table, classes):
        raise _damaged(path)
    # Manifests from before the search for near-duplicates.
    return table if "group" in table else table.assign(phash="", group=0)


def _is_sound(table: pd.DataFrame, classes: int) -> bool:
    """Return True if the columns hold valid values and no path leads out of the root."""
    return (
        all(is_string_dtype(table[name]) and not table[name].hasnans for name in _TEXT)
        and all(is_integer_dtype(table[name]) and table[name].min() >= 0 for name in _COUNTS)
        and table["label"].max() < classes
        and is_bool_dtype(table["usable"])
        and bool(table["split"].isin(SPLITS).all())
        and not table["path"].str.contains(_OUTSIDE, regex=True).any()
    )


def _damaged(path: Path, what: Words | None = None) -> DatasetError:
    return DatasetError(
        what or tr("{name} is damaged.", name=_name(path)),
        tr("Restore it from a backup, or delete the data set and bring it in again."),
    )


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def split_word(split: str) -> str:
    """A split as people read it; what is none stays as it is."""
    return tr(_SPLIT_WORDS[split]) if split in _SPLIT_WORDS else split
