"""A table of labels beside the images, such as `labels.csv`: file name, label, perhaps a split."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from core.datasets.layout import is_junk, is_table_name
from core.datasets.split_folders import SPLIT_NAMES
from core.errors import LayoutError
from core.language import tr

USUAL_NAME = "labels.csv"
_FILE = ("file", "filename", "file_name", "image", "image_name", "image_id", "path", "name", "id")
_LABEL = ("label", "class", "class_name", "category", "target", "species", "breed")
_SPLIT = ("split", "set", "subset", "partition")
_DELIMITERS = ",;\t"
_MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class LabelTable:
    """The rows of a table.

    Attributes:
        path: The table, relative to the data set's root.
        rows: By file name as the table has it: class name, and split or "".
    """

    path: str
    rows: dict[str, tuple[str, str]]

    def assign(self, images: Sequence[str]) -> tuple[dict[str, tuple[str, str]], list[str]]:
        """Finds the images that the table names.

        A row names an image by its path from the table or from the root, or by its file name, with
        or without the ending, where only one image has it.

        Returns:
            Class name and split by image, and the table's names that no image has.
        """
        folder = PurePosixPath(self.path).parent.as_posix()
        inside = "" if folder == "." else f"{folder}/"
        names = Counter(PurePosixPath(i).name for i in images)
        stems = Counter(PurePosixPath(i).stem for i in images)
        found, used = {}, set()
        # Accents may stand apart in one and not in the other.
        rows = {normalize("NFC", name): name for name in self.rows}
        for image in images:
            path = PurePosixPath(image)
            keys = [image.removeprefix(inside), image]
            keys += [path.name] if names[path.name] == 1 else []
            keys += [path.stem] if stems[path.stem] == 1 else []
            composed = (normalize("NFC", key) for key in keys)
            key = next((rows[key] for key in composed if key in rows), None)
            if key is not None:
                found[image] = self.rows[key]
                used.add(key)
        return found, [name for name in self.rows if name not in used]


def find_table(root: Path, paths: Sequence[str]) -> LabelTable | None:
    """Reads the table of labels among the files of a folder.

    Args:
        root: The folder.
        paths: Its files, relative to it.

    Returns:
        `labels.csv` where there is one, else the only other table that reads as one, else None.

    Raises:
        LayoutError: If `labels.csv` is there and cannot be understood.
    """
    tables = [p for p in sorted(paths) if is_table_name(p) and not is_junk(p)]
    usual = [p for p in tables if PurePosixPath(p).name.lower() == USUAL_NAME]
    if usual:
        return _read(root, usual[0])
    understood = []
    for path in tables:
        try:
            understood.append(_read(root, path))
        except LayoutError:
            continue  # a table of something else
    return understood[0] if len(understood) == 1 else None


def is_usual(table: LabelTable) -> bool:
    """Return True if its name is a usual one for labels."""
    return PurePosixPath(table.path).name.lower() == USUAL_NAME


def _read(root: Path, path: str) -> LabelTable:
    rows = _cells(root / path, path)
    header = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in rows[0]]
    places = [_place(header, names) for names in (_FILE, _LABEL, _SPLIT)]
    if places[0] is None or places[1] is None:
        raise LayoutError(
            tr(
                "{path} has no columns for file and label; it has: {names}.",
                path=path,
                names=", ".join(rows[0][:8]),
            ),
            tr(
                "Name them file and label in its first row; a column split may say train, val or "
                "test."
            ),
        )
    file, label, split = places[0], places[1], places[2]
    found: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(rows[1:], start=2):
        name, class_name = _cell(row, file).replace("\\", "/"), _cell(row, label)
        if name and class_name:
            found[name.removeprefix("./")] = (class_name, _split(path, number, _cell(row, split)))
    return LabelTable(path, found)


def _cells(path: Path, name: str) -> list[list[str]]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise LayoutError(
                tr("{name} is too large for a table of labels.", name=name),
                tr("Leave columns out."),
            )
        data = path.read_bytes()
    except OSError as error:
        raise LayoutError(
            tr("{name} cannot be read: {error}.", name=name, error=str(error.strerror)),
            tr("Save it as CSV in UTF-8."),
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise LayoutError(
            tr("{name} is no table: {error}.", name=name, error=str(error)),
            tr("Save it as CSV in UTF-8."),
        ) from error
    if len(rows) < 2:
        raise LayoutError(
            tr("{name} has no rows.", name=name),
            tr("It needs a first row of names and a row a file."),
        )
    return rows


def _place(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _split(path: str, number: int, value: str) -> str:
    if not value:
        return ""
    if value.lower() not in SPLIT_NAMES:
        raise LayoutError(
            tr(
                "Row {number} of {path} has the split {value}.",
                number=str(number),
                path=path,
                value=repr(value),
            ),
            tr("It must be train, val or test."),
        )
    return SPLIT_NAMES[value.lower()]
