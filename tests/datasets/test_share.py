"""A share of the training images."""

import itertools

import numpy as np
import pytest

from core.datasets.share import draw_share

LABELS = np.repeat([0, 1, 2], [100, 40, 3])
ROWS = np.arange(1000, 1143)


def test_every_class_gives_the_same_share_and_at_least_one() -> None:
    drawn = draw_share(ROWS, LABELS, 0.1, seed=0)

    counts = np.bincount(LABELS[drawn - 1000])
    assert counts.tolist() == [10, 4, 1]
    assert (np.diff(drawn) > 0).all()


def test_a_larger_share_holds_the_smaller_one() -> None:
    shares = [set(draw_share(ROWS, LABELS, s, seed=3)) for s in (0.1, 0.25, 0.5, 0.75, 1.0)]

    assert all(small < large for small, large in itertools.pairwise(shares))
    assert shares[-1] == set(ROWS)


def test_the_seed_draws() -> None:
    draws = [draw_share(ROWS, LABELS, 0.5, seed).tolist() for seed in (1, 1, 2)]

    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_other_shares_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        draw_share(ROWS, LABELS, share, seed=0)
