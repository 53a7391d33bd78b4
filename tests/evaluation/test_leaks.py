"""Test images with an exact copy in training."""

import pandas as pd

from core.evaluation.leaks import leaked_paths, without

MANIFEST = pd.DataFrame(
    {
        "path": ["a", "b", "c", "d", "e"],
        "split": ["train", "train", "test", "test", "test"],
        "sha256": ["1", "2", "1", "2", "3"],
        "usable": [True, False, True, True, True],
    }
)


def test_only_copies_of_images_that_training_used_leak() -> None:
    assert leaked_paths(MANIFEST) == {"c"}


def test_without_keeps_the_others() -> None:
    table = MANIFEST[MANIFEST["split"] == "test"]
    assert list(without(table, leaked_paths(MANIFEST))["path"]) == ["d", "e"]
