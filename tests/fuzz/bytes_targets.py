"""The readers that take raw bytes, for a fuzzer that is guided by what code its inputs reach.

Each target gets a file's bytes and an empty folder, and fails where its reader does anything else
than read them or refuse them in words. Seeds are whole small files, made here.
"""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from core.backbones.own import own_backbones
from core.backup.restore import restore
from core.backup.save import BEGINNING, END, VERSION
from core.config import HeadConfig, config_to_dict
from core.datasets.archive_names import decoded
from core.doctor.listening import configured
from core.errors import BackupError, DatasetError, InvalidImageError, RunError
from core.evaluation.image_source import image_source
from core.evaluation.openings import FILE_NAME, read_openings
from core.evaluation.predictions import read_predictions
from core.evaluation.rate_curve import read_rate_curve
from core.evaluation.rejection import read_threshold
from core.files import parse_json
from core.runs import Run, RunStatus
from core.settings import Settings
from tests.fuzz.inputs import FORMATS, picture
from tests.fuzz.test_fuzz_files import (
    archive_target,
    decode_target,
    manifest_bytes,
    manifest_target,
    scan_target,
    table_target,
)
from tests.fuzz.test_fuzz_records import (
    BATCH,
    CONFIG,
    DATASET,
    EPOCH,
    STATUS,
    dataset_files,
    metrics_target,
    run_files,
)

# Between the files of a target that reads several.
BETWEEN = b"\n--\n"


class Target(NamedTuple):
    """What is fuzzed.

    Attributes:
        test: Takes a file's bytes and an empty folder.
        seeds: Files that are whole.
    """

    test: Callable[[bytes, Path], None]
    seeds: list[bytes]


def run_target(data: bytes, folder: Path) -> None:
    run_files(folder, *[*data.split(BETWEEN, 2), b"", b""][:3])


def data_set_target(data: bytes, folder: Path) -> None:
    dataset_files(folder, *[*data.split(BETWEEN, 1), b""][:2])


def json_target(data: bytes, folder: Path) -> None:
    try:
        value = parse_json(data)
    except ValueError:
        return
    json.dumps(value, ensure_ascii=False).encode("utf-8")


def beside_target(data: bytes, folder: Path) -> None:
    for name in (FILE_NAME, "rate_test.json", "rejection.json"):
        (folder / name).write_bytes(data)
    "".join(read_openings(folder, "v")).encode("utf-8")
    read_rate_curve(folder)
    assert isinstance(read_threshold(folder), float)


def predictions_target(data: bytes, folder: Path) -> None:
    run = Run("r", folder, HeadConfig("data", "v1"), RunStatus(), 0.0)
    run.predictions_path.write_bytes(data)
    try:
        table = read_predictions(run)
    except RunError as error:
        assert error.what
    else:
        assert {"path", "predicted", "probabilities"} <= set(table.columns)


def images_target(data: bytes, folder: Path) -> None:
    (folder / "x.zip").write_bytes(data)
    try:
        source = image_source(folder / "x.zip")
        for name in source.names[:4]:
            assert isinstance(source.read(name), bytes)
    except (DatasetError, InvalidImageError) as error:
        assert error.what


def backup_target(data: bytes, folder: Path) -> None:
    workspace, file = folder / "workspace", folder / "x.tar"
    file.write_bytes(data)
    try:
        restore(Settings(workspace), file)
    except BackupError as error:
        assert error.what
        assert not workspace.exists() or not list(workspace.iterdir())
    assert {path.name for path in folder.iterdir()} <= {"workspace", "x.tar"}


def settings_target(data: bytes, folder: Path) -> None:
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_bytes(data)
    (folder / ".streamlit" / "secrets.toml").write_bytes(data)
    assert isinstance(configured(folder).port, int)


def backbone_target(data: bytes, folder: Path) -> None:
    (folder / "x.keras").write_bytes(data)
    for spec in own_backbones(folder, ()):
        assert 0 < spec.min_image_size <= spec.default_image_size


def names_target(data: bytes, folder: Path) -> None:
    decoded(data).encode("utf-8")


def _zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return file.getvalue()


def _tar(mode: str, members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def _archives() -> list[bytes]:
    images = {f"{kind}/{n}.png": b"x" for kind in ("cat", "dog") for n in range(2)}
    images["labels.csv"] = b"file,label\n0.png,cat\n"
    long = {"cat/" + "n" * 120 + ".png": b"x", **images}
    tars = [_tar(f"w{packing}", long) for packing in ("", ":gz", ":bz2", ":xz")]
    return [_zip(a__png=b"x", labels__csv=images["labels.csv"]), *tars]


def _backup() -> bytes:
    beginning = json.dumps({"version": VERSION}).encode()
    end = json.dumps({"files": 1}).encode()
    return _tar("w", {BEGINNING: beginning, "runs/r/config.json": b"{}", END: end})


def _predictions() -> bytes:
    row = {"path": "a", "split": "val", "label": 0, "predicted": 1, "probabilities": [0.5, 0.5]}
    file = io.BytesIO()
    pd.DataFrame([row] * 2).to_parquet(file)
    return file.getvalue()


def _keras() -> bytes:
    layers = [{"config": {"batch_shape": [None, 96, 96, 3]}}]
    config = json.dumps({"config": {"layers": layers}}).encode()
    return _zip(config__json=config, model__weights__h5=b"w" * 40)


def _plain(*records: object) -> bytes:
    return BETWEEN.join(json.dumps(record).encode() for record in records)


_EDIT = {"kind": "relabel", "paths": ["a"], "value": "b"}
_EDITS = {"base": "v", "version": "v", "edits": [_EDIT]}
_LINES = b"".join(json.dumps(row).encode() + b"\n" for row in (EPOCH, BATCH))
_CURVE = b'{"rates": [0.1, 1], "losses": [1, 0.5], "classes": 2}'
_OPENED = b'{"version": "v", "run": "r"}'
_REJECTION = b'{"threshold": 0.5}'
_TOML = b'[server]\naddress = "0.0.0.0"\nport = 80\nenableCORS = false\n[auth]\nx = ["y", 1]\n'
_CONFIG = {**config_to_dict(HeadConfig("data", "v1")), "created": 1.0}

TARGETS = {
    "archive": Target(archive_target, _archives()),
    "decode": Target(decode_target, [picture(kind) for kind in FORMATS]),
    "scan": Target(scan_target, [picture(kind) for kind in FORMATS]),
    "manifest": Target(manifest_target, [manifest_bytes()]),
    "run": Target(run_target, [_plain(_CONFIG, STATUS, {"order": 1.5}), _plain(CONFIG)]),
    "metrics": Target(metrics_target, [_LINES]),
    "data set": Target(data_set_target, [_plain(DATASET, _EDITS)]),
    "label table": Target(table_target, [b"file,label,split\n0.png,cat,train\n1.png,dog,val\n"]),
    "images": Target(images_target, [_zip(a__png=picture("PNG"), b__png=b"x")]),
    "predictions": Target(predictions_target, [_predictions()]),
    "backup": Target(backup_target, [_backup()]),
    "settings": Target(settings_target, [_TOML]),
    "backbone": Target(backbone_target, [_keras()]),
    "beside": Target(beside_target, [_CURVE, _OPENED, _REJECTION]),
    "json": Target(json_target, [_plain(CONFIG), b'["\\ud83d\\ude00", 1e9, -0, NaN]']),
    "names": Target(names_target, ["кот/ё.png".encode("cp866"), "é/№.png".encode()]),
}
