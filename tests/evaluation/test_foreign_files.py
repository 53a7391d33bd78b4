"""Files beside a run, of a model or to predict, that are damaged or were never meant to be read."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.backbones.own import USUAL_IMAGE_SIZE, own_backbones
from core.config import HeadConfig
from core.errors import DatasetError, InvalidImageError, RunError
from core.evaluation.image_source import image_source
from core.evaluation.openings import FILE_NAME, read_openings
from core.evaluation.predictions import read_predictions
from core.runs import Run, RunStore
from core.runs.heatmaps import folder, read_maps
from tests.datasets.pictures import jpeg

DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path).create(HeadConfig("data", "v1"))


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return file.getvalue()


def damaged(data: bytes, at: bytes) -> bytes:
    """Damaged behind the header of the member that is called so."""
    place = data.index(at) + len(at) + 24
    return data[:place] + b"\xff" * 8 + data[place + 8 :]


@pytest.mark.parametrize("line", [DEEP, b"[]", b'"run"', b"\xff\xfe", b'{"run": [1]}'])
def test_a_foreign_line_hides_no_opening(tmp_path: Path, line: bytes) -> None:
    good = json.dumps({"version": "v", "run": "r"}).encode()
    (tmp_path / FILE_NAME).write_bytes(b"\n".join([line, good, line]))

    assert read_openings(tmp_path, "v") == ["r"]


def test_a_zip_whose_list_is_damaged_is_told(tmp_path: Path) -> None:
    data = packed(a__jpg=jpeg(), b__jpg=jpeg())
    (tmp_path / "x.zip").write_bytes(data.replace(b"PK\x01\x02", b"PK\x01\xff"))

    with pytest.raises(DatasetError, match=r"x\.zip cannot be unpacked"):
        image_source(tmp_path / "x.zip")


def test_a_damaged_image_of_a_zip_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(damaged(packed(a__jpg=jpeg(), b__jpg=jpeg()), b"a.jpg"))

    source = image_source(tmp_path / "x.zip")

    with pytest.raises(InvalidImageError, match=r"a\.jpg cannot be unpacked"):
        source.read("a.jpg")
    assert source.read("b.jpg") == jpeg()


def test_predictions_that_are_no_table_are_told(run: Run) -> None:
    pd.DataFrame({"path": ["a"]}).to_parquet(run.predictions_path)

    with pytest.raises(RunError, match="cannot be read"):
        read_predictions(run)


def test_damaged_heat_maps_are_none(run: Run) -> None:
    folder(run).mkdir()
    path = folder(run) / "maps.npz"
    np.savez_compressed(path, images=np.array(["a.jpg"]), maps=np.ones((1, 8, 8)))
    whole = path.read_bytes()
    assert list(read_maps(run)) == ["a.jpg"]

    for content in (damaged(whole, b"maps.npy"), damaged(whole, b"images.npy"), whole[:-60], DEEP):
        path.write_bytes(content)
        assert read_maps(run) == {}


@pytest.mark.parametrize("content", [DEEP, b"[]", b"5", b"null"])
def test_a_damaged_account_is_empty(run: Run, content: bytes) -> None:
    run.account_path.write_bytes(content)

    assert run.account == {}


def described(shape: Any) -> bytes:
    layers = [{"config": {"batch_shape": shape}}]
    return json.dumps({"config": {"layers": layers}}).encode()


def test_a_damaged_backbone_hides_no_other(tmp_path: Path) -> None:
    good = packed(config__json=described([None, 96, 96, 3]), model__weights__h5=b"w" * 40)
    entry = b"PK\x01\x02\x14\x03\x14\x00"
    files = {
        "deep": packed(config__json=DEEP, model__weights__h5=b""),
        "torn": damaged(good, b"config.json"),
        "locked": good.replace(entry + b"\x00", entry + b"\x01"),  # by a password
        "good": good,
    }
    for name, data in files.items():
        (tmp_path / f"{name}.keras").write_bytes(data)

    assert [spec.title for spec in own_backbones(tmp_path, ())] == ["good"]


@pytest.mark.parametrize("shape", [[None, "x"], [None, 1e999], [None, -5], [None, 1 << 40], "ab"])
def test_a_backbone_that_tells_no_size_has_the_usual_one(tmp_path: Path, shape: Any) -> None:
    (tmp_path / "x.keras").write_bytes(
        packed(config__json=described(shape), model__weights__h5=b"w" * 40)
    )

    assert own_backbones(tmp_path, ())[0].default_image_size == USUAL_IMAGE_SIZE
