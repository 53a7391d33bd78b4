"""Archives, images and tables that nobody vouches for: refused in words, or read; never more."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from core.datasets.archive import peek, unpack
from core.datasets.archive_names import decoded, tar_name
from core.datasets.decode import decode_bytes
from core.datasets.facts import inspect
from core.datasets.importing import import_zip, slug
from core.datasets.label_table import find_table
from core.datasets.manifest import read_manifest
from core.errors import DatasetError, InvalidImageError, LayoutError, UnfreezeError
from core.settings import Settings
from tests.fuzz.inputs import archives, damaged, paths, pictures
from tests.fuzz.rounds import EXAMPLES, fuzz

LIMITS = {"max_unpacked_bytes": 200_000, "max_archive_files": 10, "max_pixels": 5_000}


def limited(workspace: Path) -> Settings:
    return replace(Settings(workspace), **LIMITS)  # type: ignore[arg-type]


def everything_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def archive_target(data: bytes, folder: Path) -> None:
    archive, inside = folder / "archive", folder / "box" / "inside"
    archive.write_bytes(data)
    inside.mkdir(parents=True)
    try:
        names = peek(io.BytesIO(data), "archive", folder / "box", limited(folder))
        find_table(folder / "box", names)
    except DatasetError as error:
        assert error.what
    try:
        unpack(archive, inside, limited(folder), lambda done, total: None)
    except DatasetError as error:
        assert error.what
    found = everything_below(folder) - {archive, folder / "box"}
    assert all(path.resolve().is_relative_to(folder / "box") for path in found)
    assert not any(path.is_symlink() or path.is_fifo() for path in found)
    assert sum(path.stat().st_size for path in found if path.is_file()) <= 400_000


def import_target(data: bytes, folder: Path) -> None:
    archive = folder / "archive.zip"
    archive.write_bytes(data)
    workspace = folder / "workspace"
    settings = limited(workspace)
    try:
        made = import_zip(archive, "Fuzzed <b>", settings, lambda done, total: None)
    except UnfreezeError as error:
        assert error.what
        assert not list(settings.datasets_dir.glob("*"))
    else:
        table = made.manifest()
        assert len(table)
        assert all((made.root / path).resolve().is_relative_to(made.path) for path in table["path"])
    assert everything_below(folder) - everything_below(workspace) == {archive, workspace}


def decode_target(data: bytes, folder: Path) -> None:
    try:
        image = decode_bytes(data, "x", 16, 5_000)
    except InvalidImageError as error:
        assert error.what
    else:
        assert image.shape == (16, 16, 3) and image.dtype == np.uint8


def scan_target(data: bytes, folder: Path) -> None:
    path = folder / "x.png"
    path.write_bytes(data)
    facts = inspect(path, 5_000)
    assert facts.sha256
    assert facts.small is None or facts.small.shape == (64, 64)
    assert facts.small is not None or facts.issues


def manifest_target(data: bytes, folder: Path) -> None:
    path = folder / "manifest.parquet"
    path.write_bytes(data)
    try:
        table = read_manifest(path, 2)
    except DatasetError as error:
        assert error.what
    else:
        assert {"path", "class_name", "label", "split", "sha256", "usable"} <= set(table.columns)
        assert all((folder / path).resolve().is_relative_to(folder) for path in table["path"])
        assert set(table["label"]) <= {0, 1}


def table_target(data: bytes, folder: Path) -> None:
    (folder / "labels.csv").write_bytes(data)
    try:
        table = find_table(folder, ["labels.csv", "0.png", "cat/1.png"])
    except LayoutError as error:
        assert error.what
    else:
        assert table is not None
        found, _ = table.assign(["0.png", "cat/1.png"])
        assert set(found) <= {"0.png", "cat/1.png"}


def name_target(name: str, folder: Path) -> None:
    assert Path(slug(name)).name == slug(name) != ""
    raw = name.encode("utf-8", "surrogatepass")
    decoded(raw).encode("utf-8")  # no half characters are left
    assert isinstance(tar_name(raw.decode("utf-8", "surrogateescape")), str)


def manifest_bytes() -> bytes:
    """A small manifest, as a file."""
    row: dict[str, Any] = dict.fromkeys(("path", "class_name", "mode", "format", "issues"), "x")
    row |= {"label": 0, "split": "train", "width": 1, "height": 1, "bytes": 1, "usable": True}
    table = pd.DataFrame([row | {"sha256": "0" * 64, "phash": "", "group": 0}] * 3)
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def labels() -> st.SearchStrategy[bytes]:
    """Tables of labels: near ones, and any text or bytes."""
    line = st.lists(st.text(max_size=8), min_size=1, max_size=4).map(",".join)
    near = st.lists(line, max_size=6).map(lambda rows: "\n".join(["file,label,split", *rows]))
    said = st.just(b'file,label\n0.png,"ca\nt"\ncat/1.png,dog\n')
    return st.one_of(near.map(lambda t: t.encode("utf-8", "replace")), st.binary(), damaged(said))


def test_archives() -> None:
    assert fuzz("archive", archive_target, archives()) >= EXAMPLES


def test_imports() -> None:
    assert fuzz("import", import_target, archives()) >= EXAMPLES


def test_images_are_decoded_or_refused() -> None:
    assert fuzz("decode", decode_target, damaged(pictures)) >= EXAMPLES


def test_images_are_scanned() -> None:
    assert fuzz("scan", scan_target, damaged(pictures)) >= EXAMPLES


def test_manifests() -> None:
    assert fuzz("manifest", manifest_target, damaged(st.just(manifest_bytes()))) >= EXAMPLES


def test_tables_of_labels() -> None:
    assert fuzz("label table", table_target, labels()) >= EXAMPLES


def test_names() -> None:
    assert fuzz("names", name_target, paths) >= EXAMPLES


def test_the_inputs_are_not_all_refused() -> None:
    whole = json.dumps([decode_bytes(data, "x", 16).shape for data in _some_pictures()])

    assert whole.count("[16, 16, 3]") == len(_some_pictures())


def _some_pictures() -> list[bytes]:
    return list(pictures.elements)  # type: ignore[attr-defined]
