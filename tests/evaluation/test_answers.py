"""One file in, one answer out."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from core.evaluation.answers import NONE_OF_THESE, answer
from core.evaluation.classifier import Classifier

COLOURS = ("red", "green", "blue")
CLASSIFIER = Classifier(Path(__file__).parent / "data" / "colour.tflite", COLOURS, 8)
LIMIT = 10_000


def png(side: int = 16) -> bytes:
    buffer = io.BytesIO()
    pixels = np.full((side, side, 3), (120, 90, 20), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_best_are_in_order() -> None:
    found = answer(CLASSIFIER, "a.png", png(), LIMIT)
    assert found.error is None
    assert [label for label, _ in found.best(2)] == [0, 1]
    assert found.class_name(COLOURS) == "red"
    assert found.image is not None
    assert found.image.shape == (8, 8, 3)


def test_below_the_threshold_it_is_none_of_these() -> None:
    found = answer(CLASSIFIER, "a.png", png(), LIMIT)
    sure = found.best(1)[0][1]
    assert found.class_name(COLOURS, threshold=sure) == "red"
    assert found.class_name(COLOURS, threshold=sure + 0.01) == NONE_OF_THESE


def test_what_is_no_image_or_too_large_has_an_error_with_its_name() -> None:
    for data in (b"no image", png(101)):
        found = answer(CLASSIFIER, "bad.png", data, LIMIT)
        assert found.error is not None
        assert "bad.png" in found.error.what
        assert found.best() == []
        assert found.class_name(COLOURS) == ""
