"""Many images to one CSV: from a folder, from a zip, from the shell, as a task."""

import csv
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import DatasetError, RunError
from core.evaluation.batch import classify_all
from core.evaluation.image_source import image_source
from core.evaluation.model_files import open_model
from core.files import write_json
from core.predict import main
from core.settings import APP_ROOT

MODEL = Path(__file__).parent / "data" / "colour.tflite"
COLOURS = {"=red.png": (250, 0, 0), "more/green.png": (0, 250, 0), "grey.png": (90, 91, 90)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(MODEL.read_bytes())
    write_json(folder / "predict.json", {"class_names": ["red", "green", "blue"], "image_size": 8})
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    for name, colour in COLOURS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9, 3), colour, np.uint8)).save(folder / name)
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("not asked about")
    (folder / "link.png").symlink_to("/etc/passwd")
    return folder


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_each_image_has_a_row_and_a_broken_one_its_reason(
    model: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"

    code = main([str(model), str(images), "--csv", str(out)])

    found = rows(out)
    assert code == 1
    assert sorted(found) == ["'=red.png", "broken.png", "grey.png", "more/green.png"]
    assert found["'=red.png"]["class"] == "red"
    # By hand: softmax of the mean colours over 32.
    scores = np.exp(np.array([0, 250, 0]) / 32)
    assert float(found["more/green.png"]["p_green"]) == pytest.approx(
        scores[1] / scores.sum(), abs=1e-5
    )
    assert "no image" in found["broken.png"]["error"]


def test_the_threshold_chosen_on_evaluate_counts(model: Path, images: Path, tmp_path: Path) -> None:
    write_json(model / "rejection.json", {"threshold": 0.9})
    (images / "broken.png").unlink()
    out = tmp_path / "out.csv"

    assert main([str(model / "model.tflite"), str(images), "--csv", str(out)]) == 0
    assert rows(out)["grey.png"]["class"] == "none of these"


def test_a_zip_gives_the_same_table_as_the_folder(
    model: Path, images: Path, tmp_path: Path
) -> None:
    packed = tmp_path / "images.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(images.rglob("*.png")):
            if not path.is_symlink():
                archive.write(path, path.relative_to(images).as_posix())
    classifier, _ = open_model(model)

    for source, out in ((images, "a.csv"), (packed, "b.csv")):
        classify_all(
            classifier, image_source(source), tmp_path / out, 0.0, 10_000, lambda d, t: None
        )

    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_what_cannot_be_done_is_told_by_the_exit_code(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()

    assert main([str(model), str(tmp_path / "empty"), "--csv", str(tmp_path / "x.csv")]) == 2
    assert "holds no image" in capsys.readouterr().err
    assert main([str(tmp_path), str(tmp_path / "empty"), "--csv", str(tmp_path / "x.csv")]) == 2
    assert not (tmp_path / "x.csv").exists()
    with pytest.raises(DatasetError, match="neither"):
        image_source(model / "predict.json")


def test_the_shells_way_needs_no_tensorflow(model: Path, images: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from core.predict import main; main(sys.argv[1:]); "
        "print([m for m in ('tensorflow', 'keras', 'streamlit') if m in sys.modules])"
    )
    arguments = [str(model), str(images), "--csv", str(tmp_path / "out.csv")]

    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=APP_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"


def test_a_model_that_was_taken_away_needs_labels_beside_it(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(MODEL.read_bytes())
    with pytest.raises(RunError, match=r"labels\.txt"):
        open_model(tmp_path)
    (tmp_path / "labels.txt").write_text("red\ngreen\nblue\n")

    classifier, threshold = open_model(tmp_path)

    assert (classifier.class_names, classifier.image_size, threshold) == (
        ("red", "green", "blue"),
        8,
        0.0,
    )
