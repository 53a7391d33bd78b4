"""Arrangements of folders that are recognised, and what is said where they are not."""

import pytest

from core.datasets.layout import is_junk, recognise
from core.errors import DatasetError, LayoutError


def places(*paths: str) -> list[tuple[str, str]]:
    return [(image.class_name, image.split) for image in recognise(paths).images]


def test_split_folders_with_class_folders() -> None:
    got = places("test/dog/3.jpg", "train/cat/1.jpg", "train/dog/2.jpg", "val/cat/4.jpg")

    assert got == [("dog", "test"), ("cat", "train"), ("dog", "train"), ("cat", "val")]


@pytest.mark.parametrize("name", ["val", "validation", "valid", "Validation", "VALID"])
def test_names_of_the_validation_folder(name: str) -> None:
    assert (f"{'cat'}", "val") in places(f"{name}/cat/1.jpg", "train/cat/2.jpg", "train/dog/3.jpg")


def test_class_folders_alone() -> None:
    assert places("cat/1.jpg", "dog/2.jpg") == [("cat", ""), ("dog", "")]
    assert not recognise(["cat/1.jpg", "dog/2.jpg"]).has_splits


@pytest.mark.parametrize("wrapping", ["pets/", "a/b/c/"])
def test_extra_top_folders_are_seen_through(wrapping: str) -> None:
    assert places(f"{wrapping}cat/1.jpg", f"{wrapping}dog/2.jpg") == [("cat", ""), ("dog", "")]
    split = places(f"{wrapping}train/cat/1.jpg", f"{wrapping}test/dog/2.jpg")
    assert split == [("dog", "test"), ("cat", "train")]


def test_only_a_train_folder() -> None:
    assert places("train/cat/1.jpg", "train/dog/2.jpg") == [("cat", "train"), ("dog", "train")]


def test_images_deeper_in_a_class_belong_to_it() -> None:
    assert places("cat/indoor/1.jpg", "dog/2.jpg") == [("cat", ""), ("dog", "")]


def test_what_systems_leave_behind_is_ignored() -> None:
    layout = recognise(
        ["__MACOSX/cat/._1.jpg", "cat/.hidden.jpg", "cat/Thumbs.db", "cat/1.jpg", "dog/2.jpg"]
    )

    assert [image.path for image in layout.images] == ["cat/1.jpg", "dog/2.jpg"]
    assert is_junk("a/.DS_Store")


def test_images_outside_class_folders_are_told() -> None:
    layout = recognise(["train/cat/1.jpg", "train/dog/2.jpg", "stray.jpg", "train/loose.jpg"])

    assert layout.ignored == ("stray.jpg", "train/loose.jpg")


def test_class_names_are_in_string_order() -> None:
    assert recognise(["b/1.jpg", "10/1.jpg", "2/1.jpg", "a/1.jpg"]).class_names == (
        "10",
        "2",
        "a",
        "b",
    )


def test_names_that_are_not_ascii() -> None:
    assert recognise(["кошка/фото 1.jpg", "собака/🐶.png"]).class_names == ("кошка", "собака")


@pytest.mark.parametrize("paths", [[], ["readme.txt"], ["cat/.hidden.jpg"]])
def test_no_images_says_what_is_expected(paths: list[str]) -> None:
    with pytest.raises(LayoutError, match=r"no images.*train/cat"):
        recognise(paths)


def test_images_without_folders_are_no_classes() -> None:
    with pytest.raises(LayoutError, match=r"no class folder.*1\.jpg.*folder of its own"):
        recognise(["1.jpg", "2.jpg"])


@pytest.mark.parametrize("path", ["cat/{}.jpg", "pets/cat/{}.jpg", "train/cat/{}.jpg"])
def test_one_class_is_named(path: str) -> None:
    with pytest.raises(DatasetError, match="only one class, 'cat'"):
        recognise([path.format(i) for i in range(3)])
