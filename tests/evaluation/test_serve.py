"""The HTTP interface: the page's answers, broken files, limits, and its own description."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi")
testclient = pytest.importorskip("fastapi.testclient")

from core.evaluation.answers import answer  # noqa: E402
from core.evaluation.classifier import Classifier  # noqa: E402
from core.serve import main, make_app  # noqa: E402

MODEL = Path(__file__).parent / "data" / "colour.tflite"
CLASSES = ("red", "green", "blue")


def png(colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 20, 3), colour, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def classifier() -> Classifier:
    return Classifier(MODEL, CLASSES, 8)


def ask(classifier: Classifier, files: dict[str, bytes], **limits: int) -> object:
    client = testclient.TestClient(make_app(classifier, 0.9, **{"max_pixels": 10_000, **limits}))
    return client.post("/predict", files=[("images", (n, d)) for n, d in files.items()])


def test_its_answers_are_the_pages_and_a_broken_file_is_named(classifier: Classifier) -> None:
    files = {"red.png": png((250, 0, 0)), "grey.png": png((90, 91, 90)), "no.png": b"none"}

    red, grey, broken = ask(classifier, files).json()

    page = answer(classifier, "red.png", files["red.png"], 10_000)
    assert red["class_name"] == "red"
    assert list(red["probabilities"].values()) == [float(p) for p in page.probabilities]
    assert grey["class_name"] == "none of these"
    assert broken["class_name"] is None
    assert "no image" in broken["error"]


def test_requests_at_the_same_time_each_get_their_own_answers(classifier: Classifier) -> None:
    client = testclient.TestClient(make_app(classifier, 0.0, 10_000))
    colours = {"red": (250, 0, 0), "green": (0, 250, 0), "blue": (0, 0, 250)}

    def one(name: str) -> list[str]:
        data = png(colours[name])
        found = client.post("/predict", files=[("images", (name, data)), ("images", (name, data))])
        return [each["class_name"] for each in found.json()]

    asked = ["red", "green", "blue", "green"] * 5
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, asked)) == [[name, name] for name in asked]


def test_what_is_too_large_is_refused(classifier: Classifier) -> None:
    large = {"red.png": png((250, 0, 0))}

    assert ask(classifier, large, max_request_bytes=100).status_code == 413
    assert "pixels" in ask(classifier, large, max_pixels=100).json()[0]["error"]
    many = {f"{i}.png": b"" for i in range(65)}
    assert ask(classifier, many).status_code == 413


def test_it_describes_itself(classifier: Classifier) -> None:
    client = testclient.TestClient(make_app(classifier, 0.0, 10_000))

    assert client.get("/health").json() == {
        "status": "ok",
        "class_names": list(CLASSES),
        "image_size": 8,
    }
    assert set(client.get("/openapi.json").json()["paths"]) == {"/predict", "/health"}


def test_a_model_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "no .tflite model" in capsys.readouterr().err
