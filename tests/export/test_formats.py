"""Every format of a tiny model: what it predicts, its zip, and a refusal."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.config import HeadConfig
from core.datasets import Dataset
from core.errors import ExportError
from core.export import formats
from core.export.certificate import compare, refusal
from core.export.formats import FORMATS
from core.export.fresh import fresh_process
from core.export.task import work
from core.files import write_json
from core.jobs.reporter import Reporter
from core.runs import Run, RunStore
from core.settings import Settings
from tests.squares import squares

SIZE = 32


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(workspace=tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def dataset(settings: Settings) -> Dataset:
    return squares(settings)


@pytest.fixture(scope="module")
def run(settings: Settings, dataset: Dataset) -> Run:
    """A model with convolutions that nobody trained: all that an export must keep."""
    import keras

    made = RunStore(settings.runs_dir).create(
        HeadConfig(dataset.id, dataset.version, image_size=SIZE)
    )
    keras.utils.set_random_seed(0)
    image = keras.Input((SIZE, SIZE, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, -1)(image)
    x = keras.layers.Conv2D(8, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(3, activation="softmax")(x)
    keras.Model(image, outputs).save(made.model_path)
    names = list(dataset.class_names)
    write_json(made.path / "predict.json", {"class_names": names, "image_size": SIZE})
    return made


@pytest.fixture(autouse=True)
def workspace(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_WORKSPACE", str(settings.workspace))


def exported(run: Run, key: str) -> tuple[dict[str, object], Path]:
    folder = run.path / "exports" / key
    folder.mkdir(parents=True)
    return work(Reporter(folder)), folder


@pytest.mark.parametrize(
    "key",
    [
        "litert",
        "litert_float16",
        "litert_int8",
        pytest.param("keras", marks=pytest.mark.slow),
        pytest.param("saved_model", marks=pytest.mark.slow),
        pytest.param("onnx", marks=pytest.mark.slow),
    ],
)
def test_a_format_predicts_what_the_trained_model_does(
    run: Run, dataset: Dataset, key: str, tmp_path: Path
) -> None:
    if FORMATS[key].missing:
        pytest.skip(f"not installed: {', '.join(FORMATS[key].missing)}")
    certificate, folder = exported(run, key)

    assert certificate["images"] == 6
    assert certificate["split"] == "test"
    assert certificate["refusal"] == ""
    assert certificate["max_difference"] <= {"litert_int8": 0.1, "litert_float16": 1e-2}.get(
        key, 1e-5
    )
    with zipfile.ZipFile(folder / "model.zip") as archive:
        archive.extractall(tmp_path)
    assert (tmp_path / "labels.txt").read_text().splitlines() == list(dataset.class_names)
    assert json.loads((tmp_path / "certificate.json").read_text()) == certificate
    assert certificate["takes"] == "float32 (1, 32, 32, 3), RGB, 0 to 255"
    # The zip's own program, in a process of its own, away from this app.
    image = dataset.root / "1-00.png"
    done = subprocess.run(
        [sys.executable, "predict.py", str(image)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    _, name, probability = done.stdout.strip().split("\t")
    label, expected = answer(run, dataset, "1-00.png")
    assert name == dataset.class_names[label]
    assert float(probability) == pytest.approx(expected, abs=0.1 if key == "litert_int8" else 0.01)

    assert as_module(tmp_path, image) == pytest.approx([float(probability)] * 2, abs=1e-4)


def as_module(folder: Path, image: Path) -> list[float]:
    """What the zip's program says of an image in whole numbers, and in fractions."""
    code = (
        "import numpy as np, predict\n"
        f"image = predict.load_image({str(image)!r})\n"
        "assert image.dtype == np.uint8\n"
        "for each in (image, image.astype(np.float64)):\n"
        "    print(predict.classify(each).max())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return [float(line) for line in done.stdout.split()[-2:]]


def answer(run: Run, dataset: Dataset, name: str) -> tuple[int, float]:
    import keras

    from tests.decoded import decode

    image = decode(dataset.root / name, SIZE)[np.newaxis].astype(np.float32)
    outputs = keras.models.load_model(run.model_path).predict_on_batch(image)[0]
    return int(outputs.argmax()), float(outputs.max())


def test_a_model_that_predicts_something_else_is_not_given_away(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(FORMATS["litert"], key="strict", max_difference=-1.0)
    monkeypatch.setitem(formats.FORMATS, "strict", strict)
    monkeypatch.setattr("core.export.convert.convert", write_float32)

    with pytest.raises(ExportError, match="not given away"):
        exported(run, "strict")

    folder = run.path / "exports" / "strict"
    assert not (folder / "model.zip").exists()
    assert "let pass" in json.loads((folder / "certificate.json").read_text())["refusal"]


def test_images_that_have_changed_are_left_out_of_the_check_and_named(
    run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(formats.FORMATS, "again", replace(FORMATS["litert"], key="again"))
    monkeypatch.setattr("core.export.convert.convert", write_float32)
    path = dataset.root / "2-04.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")

    certificate, folder = exported(run, "again")
    path.write_bytes(whole)

    assert (certificate["images"], certificate["left_out"]) == (5, ["2-04.png"])
    with zipfile.ZipFile(folder / "model.zip") as archive:
        assert (
            "gone or changed since the scan: 2-04.png." in archive.read("certificate.md").decode()
        )


def write_float32(chosen: object, model: object, path: Path, samples: object) -> None:
    from core.export.litert import export_litert

    export_litert(model, path)


@pytest.mark.slow
def test_a_file_that_no_fresh_process_can_load_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"none")

    with (
        pytest.raises(ExportError, match="process of its own"),
        fresh_process("keras", tmp_path / "model.keras", SIZE),
    ):
        pass


def test_what_is_let_pass_and_what_is_not() -> None:
    expected = np.array([[0.6, 0.4], [0.2, 0.8]], np.float32)

    assert refusal(FORMATS["onnx"], expected + 5e-5, expected) == ""
    assert "0.001" in refusal(FORMATS["onnx"], expected + 1e-3, expected)
    assert "none" in refusal(FORMATS["onnx"], expected * np.nan, expected)
    assert "50.0%" in refusal(FORMATS["litert_int8"], expected[::-1][[0, 0]], expected)


def test_the_cost_of_an_export_is_judged_like_fine_tuning() -> None:
    labels = np.zeros(40, np.int64)
    expected = np.tile(np.array([[0.9, 0.1]], np.float32), (40, 1))
    got = expected.copy()
    got[:20] = got[:20, ::-1]

    assert compare(got, expected, labels).outcome == "hurt"
    assert compare(expected, expected, labels).outcome == "cannot tell"
