"""The time of a run from a pass that was timed, against figures worked out by hand."""

import pytest

from core.backbones.estimate import FIXED_SECONDS, estimate_seconds, stored_images
from core.config import Augmentation

IMAGES = {"train": 100, "val": 40, "test": 60}


def test_forward_once_and_backward_twice_for_training_images() -> None:
    record = {"features": {"seconds": 20.0, "images": 200}}  # 0.1 s an image

    seconds = estimate_seconds(record, 0.5, IMAGES, epochs=10)

    assert seconds == pytest.approx(FIXED_SECONDS + 0.1 * 0.5 * (3 * 100 + 40) * 10)


def test_a_pass_that_was_not_timed_gives_no_estimate() -> None:
    assert estimate_seconds({"features": {"seconds": None, "images": 9}}, 0.5, IMAGES, 1) is None
    assert estimate_seconds({}, 0.5, IMAGES, 1) is None


@pytest.mark.parametrize(
    ("augmentation", "stored", "frozen_passes"),
    [
        (Augmentation(), 200, 0),
        # Each of 100 training images three times more, once.
        (Augmentation(mode="views", views=4), 500, 300),
        # Each of them in every epoch; validation and test images are stored.
        (Augmentation(mode="live", views=4), 100, 1000),
    ],
)
def test_variants_go_through_the_frozen_part_too(
    augmentation: Augmentation, stored: int, frozen_passes: int
) -> None:
    record = {"features": {"seconds": 20.0, "images": 200}}
    plain = estimate_seconds(record, 0.25, IMAGES, epochs=10)
    assert plain is not None

    varied = estimate_seconds(record, 0.25, IMAGES, 10, augmentation)

    assert varied == pytest.approx(plain + 0.1 * 0.75 * frozen_passes)
    assert stored_images(IMAGES, augmentation) == stored
