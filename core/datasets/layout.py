"""Detect how a folder of images is laid out, from the paths alone.

Split folders with class folders, class folders alone, or one folder with the class in each file's
name. A table of labels (`core.datasets.label_table`) takes the place of all three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from unicodedata import normalize

from core.datasets.split_folders import SPLIT_NAMES, repeated, split_folders
from core.errors import DatasetError, LayoutError
from core.language import mark, tr, trn

_SUFFIXES = ".jpg .jpeg .jpe .jfif .png .gif .bmp .webp .tif .tiff .ppm .pgm .avif"
IMAGE_SUFFIXES = frozenset(_SUFFIXES.split())
EXAMPLE = mark(
    "train/cat/1.jpg, val/cat/2.jpg, test/cat/3.jpg, or cat/1.jpg, dog/1.jpg, or cat.1.jpg, "
    "dog.1.jpg, or a labels.csv with the columns file and label"
)
_CLASS_FOLDERS = mark("class folders")
# `cat.0.jpg`, as Kaggle's Dogs vs. Cats names its files.
_NUMBERED = re.compile(r"([^.]+)\.\d+\.[^.]+")
_JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class FoundImage:
    """One image file of a layout.

    Attributes:
        path: Relative to the root, with `/` between parts.
        class_name: The class that its folder names.
        split: `train`, `val`, `test`, or "" where the layout has no splits.
    """

    path: str
    class_name: str
    split: str


@dataclass(frozen=True)
class Layout:
    """A recognised arrangement.

    Attributes:
        images: All image files, by path.
        class_names: In the order of the labels.
        ignored: Files that belong to no class.
        kind: What the arrangement is, in words.
        notes: What does not fit, one sentence each.
    """

    images: tuple[FoundImage, ...]
    class_names: tuple[str, ...]
    ignored: tuple[str, ...]
    kind: str = _CLASS_FOLDERS
    notes: tuple[str, ...] = ()

    @property
    def has_splits(self) -> bool:
        """True if folders assign the splits."""
        return any(image.split for image in self.images)


def is_junk(path: str) -> bool:
    """Return True for system files and hidden ones."""
    parts = PurePosixPath(path).parts
    return any(part.startswith(".") or part.lower() in _JUNK for part in parts)


def is_image_name(path: str) -> bool:
    """Return True if a path has the extension of an image."""
    return PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES


def is_table_name(path: str) -> bool:
    """Return True if a path has the extension of a table."""
    return PurePosixPath(path).suffix.lower() == ".csv"


def recognise(paths: Iterable[str]) -> Layout:
    """Detect the layout from the files' paths.

    Args:
        paths: Relative, with `/` between parts; anything else than images is ignored.

    Returns:
        The layout.

    Raises:
        LayoutError: If there are no images, or nothing that says their classes.
        DatasetError: If there is one class only.
    """
    named = _image_paths(paths)
    if _is_flat(named):
        return _flat(named)
    base = _base(named)
    found = [(path, path.parts[base:]) for path in named]
    splits = split_folders(rest[0] for _, rest in found if len(rest) > 2)
    twice = repeated(rest[:-1] for _, rest in found if rest[0] in splits)
    images, ignored = [], []
    for path, rest in found:
        whole = (rest[0], *rest[2:]) if rest[0] in twice else rest
        image = _place(str(path), whole, splits)
        if image is None:
            ignored.append(str(path))
        else:
            images.append(image)
    kind = tr("split folders with class folders") if splits else tr(_CLASS_FOLDERS)
    return _checked(images, ignored, kind)


def from_labels(
    paths: Iterable[str],
    labels: Mapping[str, tuple[str, str]],
    table: str,
    unknown: Sequence[str] = (),
) -> Layout:
    """The arrangement that a table of labels gives.

    Args:
        paths: Relative, with `/` between parts; anything else than images is ignored.
        labels: Class name, and split or "", by path.
        table: The table's name.
        unknown: Names in the table that no image has.

    Returns:
        The layout. Where some rows name a split, the others count as train.

    Raises:
        LayoutError: If there are no images, or the table names none of them.
        DatasetError: If there is one class only.
    """
    named = [str(path) for path in _image_paths(paths)]
    rest = "train" if any(split for _, split in labels.values()) else ""
    images = [FoundImage(p, labels[p][0], labels[p][1] or rest) for p in named if p in labels]
    if not images:
        raise LayoutError(
            trn(
                "{table} names none of the {count} image, such as {example}.",
                "{table} names none of the {count} images, such as {example}.",
                len(named),
                table=table,
                example=named[0],
            ),
            tr("Its column file must hold their names, such as 1.jpg or cat/1.jpg."),
        )
    ignored = [path for path in named if path not in labels]
    layout = _checked(images, ignored, tr("the table {table}", table=table), table)
    note = trn(
        "No image that is there for {count} row of {table}: {names}.",
        "No image that is there for {count} rows of {table}: {names}.",
        len(unknown),
        table=table,
        names=", ".join(unknown[:3]),
    )
    return replace(layout, notes=(note,)) if unknown else layout


def _image_paths(paths: Iterable[str]) -> list[PurePosixPath]:
    there = sorted(path for path in paths if not is_junk(path))
    named = [PurePosixPath(path) for path in there if is_image_name(path)]
    if not named:
        raise no_images(there)
    return named


def no_images(others: Sequence[str]) -> LayoutError:
    """The error where none of the files is an image; `others` are those that are there."""
    names = ", ".join(others[:3])
    what = tr("There are no images in it.")
    if others[3:]:
        what = tr("There are no images in it, only {names} and more.", names=names)
    elif others:
        what = tr("There are no images in it, only {names}.", names=names)
    return LayoutError(what, tr("Expected is {example}.", example=tr(EXAMPLE)))


def _is_flat(paths: Sequence[PurePosixPath]) -> bool:
    """Return True if most files lie in one folder (or one per split) and their names hold the
    classes."""
    found = [(path.parent, match[1]) for path in paths if (match := _NUMBERED.fullmatch(path.name))]
    prefixes: dict[PurePosixPath, set[str]] = {}
    for folder, prefix in found:
        prefixes.setdefault(folder, set()).add(prefix)
    mixed = {folder for folder, names in prefixes.items() if len(names) > 1}
    if len(mixed) > 1 and len(split_folders(folder.name for folder in mixed)) < len(mixed):
        return False  # class folders whose files happen to be named like that
    classes = [prefix for folder, prefix in found if folder in mixed]
    # Numbers everywhere, such as dates, are not classes: each must have several files.
    return len(classes) * 2 > len(paths) and len(set(classes)) * 2 <= len(classes)


def _flat(paths: Sequence[PurePosixPath]) -> Layout:
    splits = split_folders(path.parent.name for path in paths)
    images, ignored = [], []
    for path in paths:
        match = _NUMBERED.fullmatch(path.name)
        if match:
            images.append(FoundImage(str(path), match[1], splits.get(path.parent.name, "")))
        else:
            ignored.append(str(path))
    if not all(image.split for image in images):
        images = [FoundImage(image.path, image.class_name, "") for image in images]
    return _checked(images, ignored, tr("class names at the beginning of the file names"))


def _base(paths: Sequence[PurePosixPath]) -> int:
    """Number of leading folders that all paths share and that are neither split nor class."""
    shared = 0
    folders = [path.parts[:-1] for path in paths]
    while all(len(f) > shared for f in folders) and len({f[shared] for f in folders}) == 1:
        if folders[0][shared].lower() in SPLIT_NAMES:
            return shared
        shared += 1
    # A single folder with images right in it is a class, not a wrapping.
    direct = shared and all(len(f) == shared for f in folders)
    return shared - 1 if direct else shared


def _place(path: str, rest: tuple[str, ...], splits: Mapping[str, str]) -> FoundImage | None:
    if not splits:
        return FoundImage(path, rest[0], "") if len(rest) > 1 else None
    split = splits.get(rest[0])
    return FoundImage(path, rest[1], split) if split and len(rest) > 2 else None


def _composed(image: FoundImage) -> FoundImage:
    """With a class name of whole letters: macOS writes accents apart, others do not."""
    name = normalize("NFC", image.class_name)
    return image if name == image.class_name else replace(image, class_name=name)


def _checked(
    images: Sequence[FoundImage], ignored: Sequence[str], kind: str, table: str = ""
) -> Layout:
    images = [_composed(image) for image in images]
    class_names = tuple(sorted({image.class_name for image in images}))
    if not class_names:
        raise LayoutError(
            trn(
                "The {count} image lies in no class folder, such as {example}.",
                "The {count} images lie in no class folder, such as {example}.",
                len(ignored),
                example=ignored[0],
            ),
            tr(
                "Put the images of each class into a folder of its own. Expected is {example}.",
                example=tr(EXAMPLE),
            ),
        )
    if len(class_names) > max(2, len(images) / 2) and table:
        raise LayoutError(
            tr(
                "There are {classes} classes for {images} images in the table {table}.",
                classes=len(class_names),
                images=len(images),
                table=table,
            ),
            tr("Its column label must hold the class of each image."),
        )
    if len(class_names) == 1:
        raise DatasetError(
            tr("There is only one class, {name}.", name=repr(class_names[0])),
            tr("A classifier tells at least two apart: add a folder with images of another class."),
        )
    return Layout(tuple(images), class_names, tuple(ignored), kind)
