"""A manifest that holds other things than it is for, or names files elsewhere, is refused."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.datasets.manifest import read_manifest
from core.errors import DatasetError
from tests.fuzz.test_fuzz_files import manifest_bytes

CLASSES = 2


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(manifest_bytes()))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("path", 5),
        ("path", None),
        ("path", "../../x.png"),
        ("path", "cat/.."),
        ("path", "/etc/x.png"),
        ("path", "a\0b.png"),
        ("label", "a"),
        ("label", 0.5),
        ("label", -1),
        ("label", CLASSES),
        ("width", -1),
        ("bytes", 1.5),
        ("usable", "yes"),
        ("split", "other"),
        ("class_name", None),
    ],
)
def test_a_column_of_another_kind_is_damage(
    tmp_path: Path, table: pd.DataFrame, column: str, value: Any
) -> None:
    path = tmp_path / "manifest-v.parquet"
    table.to_parquet(path)
    assert len(read_manifest(path, CLASSES)) == 3
    table.assign(**{column: value}).to_parquet(path)

    with pytest.raises(DatasetError, match=r"manifest-v\.parquet is damaged"):
        read_manifest(path, CLASSES)


def test_names_with_dots_are_names(tmp_path: Path, table: pd.DataFrame) -> None:
    names = ["..cat/1..png", "cat../..png", ".../x.png"]
    table.assign(path=names).to_parquet(tmp_path / "m.parquet")

    assert read_manifest(tmp_path / "m.parquet", CLASSES)["path"].tolist() == names


@pytest.mark.parametrize("notes", [b"[" * 100_000, b"[]", json.dumps({"columns": 5}).encode()])
def test_notes_of_pandas_that_are_none_are_damage(
    tmp_path: Path, table: pd.DataFrame, notes: bytes
) -> None:
    written = pa.Table.from_pandas(table).replace_schema_metadata({b"pandas": notes})
    pq.write_table(written, tmp_path / "m.parquet")

    with pytest.raises(DatasetError, match="is damaged"):
        read_manifest(tmp_path / "m.parquet", CLASSES)
