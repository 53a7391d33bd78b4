"""Copies in several splits: gathered in one, or left out."""

import pytest

from core.datasets import Dataset, DatasetStore
from core.datasets.edits import Edit, add_edit
from core.datasets.importing import import_folder
from core.datasets.leak_fixes import (
    contested_groups,
    gather,
    leak_counts,
    leave_out,
    leave_out_contested,
)
from core.settings import Settings
from tests.datasets.pictures import pets, silent, write_folder

SPLITS = ("train", "train", "val", "test")


@pytest.fixture
def leaking(settings: Settings) -> Dataset:
    files = pets(12, SPLITS)
    files |= {
        "train/cat/a.jpg": files["test/cat/03.jpg"],
        "train/cat/b.jpg": files["test/cat/03.jpg"],
        "test/dog/c.jpg": files["val/dog/02.jpg"],
    }
    return import_folder(write_folder(settings.data_dir / "Leaks", files), settings, silent)


def mended(settings: Settings, dataset: Dataset, edits: tuple[Edit, ...]) -> Dataset:
    for change in edits:
        dataset = add_edit(DatasetStore(settings.datasets_dir), dataset, change)
    return dataset


def test_copies_are_gathered_where_most_of_them_are(settings: Settings, leaking: Dataset) -> None:
    assert leak_counts(leaking.manifest()) == (2, 5)

    table = mended(settings, leaking, gather(leaking.manifest())).manifest().set_index("path")

    assert leak_counts(table.reset_index()) == (0, 0)
    assert table.loc["test/cat/03.jpg", "split"] == "train"
    assert table.loc["test/dog/c.jpg", "split"] == "val"  # as many in val as in test: the earlier
    assert table.loc["test/cat/03.jpg", "issues"] == "duplicate"
    assert table["usable"].all()


def test_copies_are_left_out_elsewhere(settings: Settings, leaking: Dataset) -> None:
    table = mended(settings, leaking, leave_out(leaking.manifest())).manifest()

    assert leak_counts(table) == (0, 0)
    assert set(table.loc[~table["usable"], "path"]) == {"test/cat/03.jpg", "test/dog/c.jpg"}


def test_nothing_to_mend_is_no_edit(settings: Settings) -> None:
    folder = write_folder(settings.data_dir / "Pets", pets(8, SPLITS))
    manifest = import_folder(folder, settings, silent).manifest()

    assert leak_counts(manifest) == (0, 0)
    assert gather(manifest) == leave_out(manifest) == ()


def test_a_picture_in_two_classes_is_left_out_of_both(settings: Settings) -> None:
    files = pets(12, SPLITS)
    files["train/dog/cat.jpg"] = files["train/cat/00.jpg"]
    files["train/cat/again.jpg"] = files["train/cat/01.jpg"]
    dataset = import_folder(write_folder(settings.data_dir / "Two", files), settings, silent)
    both = {"train/cat/00.jpg", "train/dog/cat.jpg"}
    assert set(contested_groups(dataset.manifest())["path"]) == both

    table = mended(settings, dataset, leave_out_contested(dataset.manifest())).manifest()

    assert set(table.loc[~table["usable"], "path"]) == both
    assert contested_groups(table).empty
    assert leave_out_contested(table) == ()
