"""The threshold for "none of these", by hand, and its file."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.rejection import (
    choose_threshold,
    drop_rejection,
    effect_of,
    read_rejection,
    rejection_curve,
    save_rejection,
    threshold_in_words,
)
from core.runs import RunStore
from tests.evaluation.runs_on_disk import head_config

# From the surest down: right, right, wrong, right, and two of equal confidence, one wrong.
SURE = np.array([0.99, 0.95, 0.90, 0.80, 0.60, 0.60])
LABELS = np.array([0, 0, 1, 0, 0, 1])
GIVEN = np.stack([SURE, 1 - SURE], axis=1)


def test_curve_by_hand() -> None:
    curve = rejection_curve(LABELS, GIVEN)
    assert curve["threshold"].tolist() == [0.99, 0.95, 0.90, 0.80, 0.60]
    assert curve["answers"].tolist() == [1, 2, 3, 4, 6]
    assert curve["wrong"].tolist() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(("rate", "threshold"), [(0.0, 0.95), (0.25, 0.80), (0.4, 0.60)])
def test_the_lowest_threshold_that_keeps_the_rate(rate: float, threshold: float) -> None:
    chosen = choose_threshold(LABELS, GIVEN, rate)
    assert chosen is not None
    assert chosen.threshold == threshold
    assert (chosen.split, chosen.images) == ("val", 6)


def test_no_threshold_where_the_surest_answer_is_wrong() -> None:
    assert choose_threshold(np.array([1]), np.array([[0.9, 0.1]]), 0.1) is None
    assert choose_threshold(np.array([], dtype=int), np.empty((0, 2)), 0.1) is None


def test_effect_on_other_images() -> None:
    effect = effect_of(0.8, LABELS, GIVEN)
    assert (effect["answers"], effect["wrong"]) == (4, 1)
    assert effect["answered"] == pytest.approx(4 / 6)
    assert effect["error_low"] < 0.25 < effect["error_high"]


def test_kept_with_the_run_and_dropped_again(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create(head_config())
    assert read_rejection(run) is None
    chosen = choose_threshold(LABELS, GIVEN, 0.25)
    assert chosen is not None
    save_rejection(run, chosen)
    assert read_rejection(run) == chosen
    drop_rejection(run)
    assert read_rejection(run) is None


def test_an_unreadable_file_is_no_threshold(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create(head_config())
    (run.path / "rejection.json").write_text('{"threshold": 0.5}', encoding="utf-8")
    assert read_rejection(run) is None


def test_a_threshold_close_to_one_keeps_its_decimals() -> None:
    assert threshold_in_words(0.734) == "73.4 %"
    assert threshold_in_words(0.99981) == "99.981 %"
