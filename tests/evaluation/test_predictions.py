"""Reading predictions and joining two runs on the same images."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from core.errors import RunError
from core.evaluation.predictions import join_predictions, join_runs, read_predictions
from core.runs import RunStore
from tests.evaluation.runs_on_disk import finish_run, head_config, make_pair, predictions_table

LABELS = [0, 0, 1, 1, 2]
BEFORE = predictions_table(LABELS, [0, 1, 1, 0, 0], 3)
AFTER = predictions_table(LABELS, [0, 0, 2, 2, 1], 3)


def test_join_names_what_became_of_each_image(tmp_path: Path) -> None:
    head, tuned = make_pair(tmp_path, ["a", "b", "c"], BEFORE, AFTER)
    pairs = join_runs(head, tuned)
    expected = ["both right", "fixed", "broken", "both wrong", "both wrong"]
    assert list(pairs["change"]) == expected
    assert list(pairs["before"]) == [0, 1, 1, 0, 0]
    assert pairs["before_probability"].tolist() == pytest.approx([0.7] * 5)
    assert pairs["after_true"].tolist() == pytest.approx([0.7, 0.7, 0.15, 0.15, 0.15])


def test_join_goes_by_path_and_not_by_place() -> None:
    shuffled = AFTER.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        join_predictions(BEFORE, shuffled), join_predictions(BEFORE, AFTER)
    )


def test_only_the_asked_split_is_read(tmp_path: Path) -> None:
    both = pd.concat([BEFORE, predictions_table([1], [1], 3, split="val")])
    run = finish_run(RunStore(tmp_path).create(head_config()), both, "abc")
    assert len(read_predictions(run)) == 6
    assert list(read_predictions(run, "val")["split"]) == ["val"]


def test_other_versions_are_refused(tmp_path: Path) -> None:
    head, tuned = make_pair(tmp_path, "abc", BEFORE, AFTER)
    base = dataclasses.replace(head.base, dataset_version="v2")
    other = dataclasses.replace(tuned, config=dataclasses.replace(tuned.config, base=base))
    with pytest.raises(RunError, match=r"version v1 .* version v2") as caught:
        join_runs(head, other)
    assert "same version" in caught.value.way_out


def test_other_data_sets_are_refused(tmp_path: Path) -> None:
    head, _ = make_pair(tmp_path, "abc", BEFORE, AFTER)
    other = finish_run(RunStore(tmp_path).create(head_config("birds"), "Birds"), AFTER, "abc")
    with pytest.raises(RunError, match=r"Shapes and run .* used Birds"):
        join_runs(head, other)


def test_other_images_are_refused() -> None:
    with pytest.raises(RunError, match="Only 4 images are in both runs, of 5 and 4"):
        join_predictions(BEFORE, AFTER.iloc[:4])


def test_a_run_without_predictions_says_so(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create(head_config())
    with pytest.raises(RunError, match="has no predictions"):
        read_predictions(run)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create(head_config())
    run.predictions_path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(RunError, match="cannot be read"):
        read_predictions(run)


def test_no_test_images_make_an_empty_table() -> None:
    empty = BEFORE.iloc[:0]
    assert join_predictions(empty, empty).empty
