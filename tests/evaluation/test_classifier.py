"""The LiteRT classifier on two tiny models whose answers are known."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import RunError
from core.evaluation.classifier import Classifier, load_classifier
from core.files import write_json
from core.runs import RunStore
from core.settings import APP_ROOT
from tests.evaluation.runs_on_disk import head_config

DATA = Path(__file__).parent / "data"
COLOURS = ("red", "green", "blue")


def plain(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((8, 8, 3), (red, green, blue), dtype=np.uint8)


def test_softmax_model_gives_a_column_a_class() -> None:
    classifier = Classifier(DATA / "colour.tflite", COLOURS, 8)
    images = np.stack([plain(200, 10, 10), plain(10, 10, 200), plain(64, 64, 64)])
    answers = classifier.classify(images)
    # By hand: softmax of the mean colours over 32.
    scores = np.exp(np.array([[200, 10, 10], [10, 10, 200], [64, 64, 64]]) / 32)
    np.testing.assert_allclose(answers, scores / scores.sum(axis=1, keepdims=True), rtol=1e-5)
    assert answers.dtype == np.float32


def test_sigmoid_model_gives_both_probabilities() -> None:
    classifier = Classifier(DATA / "warm.tflite", ("cold", "warm"), 8)
    answers = classifier.classify(np.stack([plain(164, 0, 100), plain(100, 0, 164)]))
    warm = 1 / (1 + np.exp(-2.0))  # (164 - 100) / 32 = 2
    np.testing.assert_allclose(answers, [[1 - warm, warm], [warm, 1 - warm]], rtol=1e-5)


def test_no_images_give_no_rows() -> None:
    classifier = Classifier(DATA / "colour.tflite", COLOURS, 8)
    assert classifier.classify(np.empty((0, 8, 8, 3), dtype=np.uint8)).shape == (0, 3)


@pytest.mark.parametrize(
    ("names", "size"), [(("red", "green"), 8), (COLOURS, 16)], ids=["classes", "size"]
)
def test_a_model_that_does_not_fit_is_refused(names: tuple[str, ...], size: int) -> None:
    with pytest.raises(RunError, match="does not fit"):
        Classifier(DATA / "colour.tflite", names, size)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"not a model at all")
    with pytest.raises(RunError, match=r"model\.tflite is no LiteRT model"):
        Classifier(path, COLOURS, 8)


def test_load_reads_the_run_folder(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create(head_config())
    with pytest.raises(RunError, match=r"no readable predict\.json"):
        load_classifier(run)
    write_json(run.path / "predict.json", {"class_names": list(COLOURS), "image_size": 8})
    with pytest.raises(RunError, match=r"model\.tflite is missing"):
        load_classifier(run)
    run.litert_path.write_bytes((DATA / "colour.tflite").read_bytes())
    assert load_classifier(run).class_names == COLOURS


def test_classifying_never_imports_tensorflow() -> None:
    code = (
        "import sys; import numpy as np; from pathlib import Path;"
        "from core.evaluation.classifier import Classifier;"
        f"c = Classifier(Path({str(DATA / 'colour.tflite')!r}), {COLOURS!r}, 8);"
        "c.classify(np.zeros((1, 8, 8, 3), np.uint8));"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=APP_ROOT, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_tiny_models_can_be_made_again(tmp_path: Path) -> None:
    script = Path(__file__).parent / "make_litert_files.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, cwd=APP_ROOT)
    images = np.stack([plain(200, 10, 10), plain(10, 120, 90)])
    made = Classifier(tmp_path / "colour.tflite", COLOURS, 8).classify(images)
    kept = Classifier(DATA / "colour.tflite", COLOURS, 8).classify(images)
    np.testing.assert_allclose(made, kept, atol=1e-6)
