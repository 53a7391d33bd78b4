"""The count of looks at a test set."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.openings import (
    is_opened,
    openings_in_words,
    optimism,
    read_openings,
    record_openings,
)
from core.runs import RunStore
from tests.evaluation.runs_on_disk import head_config


def test_runs_are_recorded_once_and_by_version(tmp_path: Path) -> None:
    assert record_openings(tmp_path, "v1", ["b", "a"]) == ["a", "b"]
    assert record_openings(tmp_path, "v1", ["b", "c"]) == ["a", "b", "c"]
    assert record_openings(tmp_path, "v2", ["a"]) == ["a"]
    assert read_openings(tmp_path, "v1") == ["a", "b", "c"]


def test_a_cut_off_line_hides_nothing(tmp_path: Path) -> None:
    record_openings(tmp_path, "v1", ["a"])
    with (tmp_path / "test-opened.jsonl").open("a") as file:
        file.write('{"version": "v1", "ru')
    assert read_openings(tmp_path, "v1") == ["a"]
    assert record_openings(tmp_path, "v1", ["b"]) == ["a", "b"]


def test_results_are_open_once_each_run_of_them_was_shown(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    first, second = store.create(head_config()), store.create(head_config())
    other = store.create(head_config(version="v2"))

    assert not is_opened(tmp_path, first)
    record_openings(tmp_path, "v1", [first.id])
    assert is_opened(tmp_path, first)
    assert not is_opened(tmp_path, first, second)
    assert not is_opened(tmp_path, other)


@pytest.mark.parametrize(("runs", "largest"), [(2, 0.5642), (3, 0.8463), (10, 1.5388)])
def test_optimism_uses_the_published_expected_maxima(runs: int, largest: float) -> None:
    # Expected largest of 2, 3 and 10 standard normal values (Tippett 1925).
    assert optimism(runs, 0.9, 900) == pytest.approx(largest * np.sqrt(0.09 / 900), rel=1e-3)


def test_words() -> None:
    assert optimism(1, 0.9, 900) == 0.0
    assert "unbiased" in openings_in_words(1, 0.9, 900)
    assert "10 runs opened" in openings_in_words(10, 0.9, 900)
    assert "up to about 1.5 points" in openings_in_words(10, 0.9, 900)
