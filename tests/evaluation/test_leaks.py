"""Test images with a copy in training."""

import pandas as pd

from core.evaluation.leaks import Leaks, find_leaks, without

MANIFEST = pd.DataFrame(
    {
        "path": ["a", "b", "n", "c", "d", "e", "f", "g"],
        "split": ["train", "train", "train", "test", "test", "test", "test", "test"],
        "sha256": ["1", "2", "3", "1", "2", "4", "5", "6"],
        "usable": [True, False, True, True, True, True, True, True],
        # c is an exact copy of a, e shows what n shows; f and g are alike among themselves.
        "group": [1, 0, 2, 1, 0, 2, 3, 3],
    }
)


def test_only_copies_of_images_that_training_used_leak() -> None:
    leaks = find_leaks(MANIFEST)
    assert leaks == Leaks(exact=frozenset({"c"}), near=frozenset({"e"}))
    assert find_leaks(MANIFEST.drop(columns="group")).all == {"c"}


def test_without_keeps_the_others() -> None:
    table = MANIFEST[MANIFEST["split"] == "test"]
    assert list(without(table, find_leaks(MANIFEST).all)["path"]) == ["d", "f", "g"]


def test_words() -> None:
    assert find_leaks(MANIFEST).in_words() == "1 exact copy and 1 near-duplicate"
    assert Leaks(frozenset({"a"}), frozenset()).in_words() == "1 exact copy"
    assert Leaks(frozenset(), frozenset({"a", "b"})).in_words() == "2 near-duplicates"
