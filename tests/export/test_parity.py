"""A run's LiteRT model is checked on images decoded as the run's own were."""

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.config import HeadConfig
from core.datasets.decode import DECODER_VERSION, decode_bytes
from core.export import parity
from core.files import write_json
from core.runs import RunStore
from core.settings import Settings
from tests.datasets.pictures import encoded
from tests.decoded import scanned

SIDE = 96
CELLS = Path(parity.__file__).with_name("cells")


def large_jpeg() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise))


class Looking:
    """A classifier that keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def classify(self, images: np.ndarray) -> np.ndarray:
        self.seen += list(images)
        return np.tile(np.float32([0.25, 0.75]), (len(images), 1))


@pytest.mark.parametrize(
    ("features", "whole"),
    [({"type": "float32"}, True), ({"type": "float32", "decoder": DECODER_VERSION}, False)],
)
def test_it_sees_large_photographs_as_the_run_did(
    features: dict[str, Any],
    whole: bool,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = large_jpeg()
    file = tmp_path / "a.jpg"
    file.write_bytes(data)
    run = RunStore(settings.runs_dir).create(HeadConfig("pets", "1", image_size=SIDE))
    write_json(run.account_path, {"features": features})
    looking = Looking()
    monkeypatch.setattr(parity, "load_classifier", lambda *_: looking)
    right = np.float32([[0.25, 0.75]])
    monkeypatch.setattr(parity, "_images", lambda _: ([scanned(file)], right))

    found = parity.check_run(run, tmp_path / "model.tflite", lambda done, total: None)

    assert (found.images, found.max_difference) == (1, 0.0)
    reduced, full = (decode_bytes(data, "a.jpg", SIDE, whole=each) for each in (False, True))
    assert not np.array_equal(reduced, full)
    np.testing.assert_array_equal(looking.seen[0], full if whole else reduced)


@pytest.mark.parametrize(
    "cells", [("predict_head",), ("imports", "images_square", "images_folder")]
)
def test_what_is_taken_away_reads_large_photographs_alike(
    cells: tuple[str, ...], tmp_path: Path
) -> None:
    data = large_jpeg()
    (tmp_path / "a.jpg").write_bytes(data)
    (tmp_path / "labels.txt").write_text("cat\n")
    there: dict[str, Any] = {
        "IMAGE_SIZE": SIDE,
        "ROOT": tmp_path,
        "hashlib": hashlib,
        "io": io,
        "__file__": str(tmp_path / "predict.py"),
    }
    for cell in cells:
        exec((CELLS / f"{cell}.txt").read_text(), there)  # noqa: S102

    one = cells == ("predict_head",)
    more = () if one else (hashlib.sha256(data).hexdigest(),)
    pixels = there["load_image"](tmp_path / "a.jpg" if one else "a.jpg", *more)

    np.testing.assert_array_equal(pixels, decode_bytes(data, "a.jpg", SIDE))
