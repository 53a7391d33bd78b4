"""Sample sizes against a published one, by hand, and by simulation."""

import numpy as np
import pytest

from core.evaluation.sample_size import (
    connor_images,
    exact_power,
    images_needed,
    majority_needed,
)
from core.evaluation.verdict import mcnemar_exact


def test_connor_published_example() -> None:
    # Shares 0.45 and 0.05 with 80 % power need 23 pairs, by the formula of Connor (1987), page 209.
    assert connor_images(0.45, 0.05, power=0.8) == 23


def test_power_by_hand_where_every_image_changes() -> None:
    # Six images all change, 0.9 of them one way: only 6 : 0 gives p < 0.05.
    assert exact_power(6, 0.9, 0.1) == pytest.approx(0.9**6 + 0.1**6)


def test_equal_shares_need_no_number_of_images() -> None:
    assert images_needed(0.04, 0.04) is None
    assert images_needed(0.0, 0.0) is None


def test_power_reaches_the_target_first_at_the_suggested_number() -> None:
    need = images_needed(0.05, 0.02)
    assert need is not None
    assert exact_power(need, 0.05, 0.02) >= 0.8 > exact_power(need - 20, 0.05, 0.02)


def test_suggested_number_gives_the_power_in_a_simulation() -> None:
    need = images_needed(0.08, 0.03)
    assert need is not None
    generator = np.random.default_rng(1)
    draws = generator.multinomial(need, [0.08, 0.03, 0.89], size=3000)
    found = [mcnemar_exact(int(fixed), int(broken)) < 0.05 for fixed, broken, _ in draws]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_rare_small_differences_take_the_formula() -> None:
    assert images_needed(0.0501, 0.0500) == connor_images(0.0501, 0.0500)


@pytest.mark.parametrize(("changed", "need"), [(0, None), (5, None), (6, 6), (17, 13), (42, 28)])
def test_majority_is_the_first_that_the_test_accepts(changed: int, need: int | None) -> None:
    assert majority_needed(changed) == need
    if need is not None:
        assert mcnemar_exact(need, changed - need) < 0.05
        assert mcnemar_exact(need - 1, changed - need + 1) >= 0.05
