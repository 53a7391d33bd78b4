"""Classes of very different sizes are told."""

import pandas as pd
import pytest

from core.datasets.balance import balance_sentence


def manifest(counts: dict[str, int], **columns: object) -> pd.DataFrame:
    names = [name for name, count in counts.items() for _ in range(count)]
    return pd.DataFrame({"class_name": names, "split": "train", "usable": True} | columns)


def test_the_largest_and_the_smallest_class_are_named() -> None:
    said = balance_sentence(manifest({"cat": 4, "dog": 40, "owl": 12}))

    assert said.startswith("dog has 10 times as many training images as cat (40 and 4)")


@pytest.mark.parametrize("counts", [{"cat": 10, "dog": 29}, {"cat": 5}, {}])
def test_nothing_is_said_of_classes_about_equal(counts: dict[str, int]) -> None:
    assert balance_sentence(manifest(counts)) == ""


def test_only_usable_training_images_count() -> None:
    table = manifest({"cat": 10, "dog": 40})
    table.loc[20:, "usable"] = False
    assert balance_sentence(table) == ""

    table = manifest({"cat": 10, "dog": 40})
    table.loc[20:, "split"] = "test"
    assert balance_sentence(table) == ""
