"""How a folder of images is arranged: split folders with class folders, or class folders alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.errors import DatasetError, LayoutError

_SUFFIXES = ".jpg .jpeg .jpe .jfif .png .gif .bmp .webp .tif .tiff .ppm .pgm .avif"
IMAGE_SUFFIXES = frozenset(_SUFFIXES.split())
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
EXAMPLE = "train/cat/1.jpg, val/cat/2.jpg, test/cat/3.jpg, or cat/1.jpg, dog/1.jpg"
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
    """

    images: tuple[FoundImage, ...]
    class_names: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def has_splits(self) -> bool:
        """Whether folders say which image is for what."""
        return any(image.split for image in self.images)


def is_junk(path: str) -> bool:
    """Whether a path is a system's own, or hidden."""
    parts = PurePosixPath(path).parts
    return any(part.startswith(".") or part.lower() in _JUNK for part in parts)


def is_image_name(path: str) -> bool:
    """Whether a path ends like an image's."""
    return PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES


def is_table_name(path: str) -> bool:
    """Whether a path ends like a table's that may hold labels."""
    return PurePosixPath(path).suffix.lower() == ".csv"


def recognise(paths: Iterable[str]) -> Layout:
    """Tells the arrangement from the files' paths alone.

    Args:
        paths: Relative, with `/` between parts; anything else than images is ignored.

    Returns:
        The layout.

    Raises:
        LayoutError: If there are no images, or no class folders.
        DatasetError: If there is one class only.
    """
    named = [PurePosixPath(p) for p in sorted(paths) if is_image_name(p) and not is_junk(p)]
    if not named:
        raise LayoutError("There are no images in it.", f"Expected is {EXAMPLE}.")
    base = _base(named)
    found = [(path, path.parts[base:]) for path in named]
    split_level = any(rest[0].lower() in SPLIT_NAMES and len(rest) > 2 for _, rest in found)
    images, ignored = [], []
    for path, rest in found:
        image = _place(str(path), rest, split_level)
        if image is None:
            ignored.append(str(path))
        else:
            images.append(image)
    return _checked(images, ignored)


def _base(paths: Sequence[PurePosixPath]) -> int:
    """How many leading folders all paths share that are neither split nor class."""
    shared = 0
    folders = [path.parts[:-1] for path in paths]
    while all(len(f) > shared for f in folders) and len({f[shared] for f in folders}) == 1:
        if folders[0][shared].lower() in SPLIT_NAMES:
            return shared
        shared += 1
    # A single folder with images right in it is a class, not a wrapping.
    direct = shared and all(len(f) == shared for f in folders)
    return shared - 1 if direct else shared


def _place(path: str, rest: tuple[str, ...], split_level: bool) -> FoundImage | None:
    if not split_level:
        return FoundImage(path, rest[0], "") if len(rest) > 1 else None
    split = SPLIT_NAMES.get(rest[0].lower())
    return FoundImage(path, rest[1], split) if split and len(rest) > 2 else None


def _checked(images: Sequence[FoundImage], ignored: Sequence[str]) -> Layout:
    class_names = tuple(sorted({image.class_name for image in images}))
    if not class_names:
        raise LayoutError(
            f"The {len(ignored)} images lie in no class folder, such as {ignored[0]}.",
            f"Put the images of each class into a folder of its own: {EXAMPLE}.",
        )
    if len(class_names) == 1:
        raise DatasetError(
            f"There is only one class, {class_names[0]!r}.",
            "A classifier tells at least two apart: add a folder with images of another class.",
        )
    return Layout(tuple(images), class_names, tuple(ignored))
