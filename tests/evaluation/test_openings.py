"""The count of looks at a test set."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.openings import (
    flattery,
    measured_on_test,
    openings_in_words,
    read_openings,
    record_openings,
)
from core.runs import RunStore
from tests.evaluation.runs_on_disk import finish_run, head_config, predictions_table


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


def test_only_measured_runs_of_this_version_count(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.create(head_config())
    done = finish_run(store.create(head_config()), predictions_table([0], [0], 2), "ab")
    finish_run(store.create(head_config(version="v2")), predictions_table([0], [0], 2), "ab")
    assert measured_on_test(store.list(), "shapes", "v1") == [done.id]


@pytest.mark.parametrize(("runs", "largest"), [(2, 0.5642), (3, 0.8463), (10, 1.5388)])
def test_flattery_uses_the_published_expected_maxima(runs: int, largest: float) -> None:
    # Expected largest of 2, 3 and 10 standard normal values (Tippett 1925).
    assert flattery(runs, 0.9, 900) == pytest.approx(largest * np.sqrt(0.09 / 900), rel=1e-3)


def test_words() -> None:
    assert flattery(1, 0.9, 900) == 0.0
    assert "fresh" in openings_in_words(1, 0.9, 900)
    assert "opened by 10 runs" in openings_in_words(10, 0.9, 900)
    assert "about 1.5 points too kind" in openings_in_words(10, 0.9, 900)
