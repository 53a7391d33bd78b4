"""The time of a run from a pass that was timed, against figures worked out by hand."""

import pytest

from core.backbones.estimate import FIXED_SECONDS, estimate_seconds

IMAGES = {"train": 100, "val": 40, "test": 60}


def test_forward_once_and_backward_twice_for_training_images() -> None:
    record = {"features": {"seconds": 20.0, "images": 200}}  # 0.1 s an image

    seconds = estimate_seconds(record, 0.5, IMAGES, epochs=10)

    assert seconds == pytest.approx(FIXED_SECONDS + 0.1 * 0.5 * (3 * 100 + 40) * 10)


def test_a_pass_that_was_not_timed_gives_no_estimate() -> None:
    assert estimate_seconds({"features": {"seconds": None, "images": 9}}, 0.5, IMAGES, 1) is None
    assert estimate_seconds({}, 0.5, IMAGES, 1) is None
