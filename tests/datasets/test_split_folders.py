"""Folders that say train, val or test in other words than these, or twice."""

import pytest

from core.datasets.layout import Layout, recognise


def files(pattern: str, classes: tuple[str, ...] = ("cat", "dog"), count: int = 4) -> list[str]:
    return [pattern.format(c=name, i=i) for name in classes for i in range(count)]


def splits(layout: Layout) -> dict[str, int]:
    found = [image.split for image in layout.images]
    return {name: found.count(name) for name in sorted(set(found))}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training_set/training_set/{c}/{c}.{i}.jpg", "test_set/test_set/{c}/{c}.9{i}.jpg"),
        ("seg_train/seg_train/{c}/{i}.jpg", "seg_test/seg_test/{c}/{i}.jpg"),
        ("train/train/{c}/{i}.jpg", "test/test/{c}/{i}.jpg"),
        ("data/Train/train/{c}/{i}.jpg", "data/Test/test/{c}/{i}.jpg"),
        ("train_images/{c}/{i}.jpg", "test_images/{c}/{i}.jpg"),
        ("trainSet/{c}/{i}.jpg", "testSet/{c}/{i}.jpg"),
        ("images-train/{c}/{i}.jpg", "images-test/{c}/{i}.jpg"),
        ("train/{c}/{i}.jpg", "test1/{c}/{i}.jpg"),
        ("train_set/{c}.{i}.jpg", "test_set/{c}.{i}.jpg"),
    ],
)
def test_split_folders_of_other_names_are_no_classes(train: str, test: str) -> None:
    layout = recognise(files(train) + files(test))

    assert layout.class_names == ("cat", "dog")
    assert splits(layout) == {"train": 8, "test": 8}


def test_dev_beside_train_is_for_validation() -> None:
    layout = recognise(files("train/{c}/{i}.jpg") + files("dev/{c}/{i}.jpg"))

    assert splits(layout) == {"train": 8, "val": 8}


def test_images_to_predict_beside_them_belong_to_no_class() -> None:
    labelled = files("seg_train/seg_train/{c}/{i}.jpg") + files("seg_test/seg_test/{c}/{i}.jpg")
    unlabelled = [f"seg_pred/seg_pred/{i}.jpg" for i in range(3)]

    layout = recognise(labelled + unlabelled)

    assert layout.class_names == ("cat", "dog")
    assert layout.ignored == tuple(unlabelled)


@pytest.mark.parametrize(
    ("pattern", "classes"),
    [
        ("{c}/{i}.jpg", ("bus", "train")),
        ("{c}/{i}.jpg", ("test_tube", "train_tube")),
        ("{c}/box/{i}.jpg", ("test strip", "train ticket")),
        ("{c}/box/{i}.jpg", ("freight train", "passenger train")),
        ("{c}/box/{i}.jpg", ("training shoe", "walking shoe")),
    ],
)
def test_classes_whose_names_have_such_words_stay_classes(
    pattern: str, classes: tuple[str, ...]
) -> None:
    layout = recognise(files(pattern, classes))

    assert layout.class_names == classes
    assert splits(layout) == {"": 8}


def test_a_class_with_deeper_folders_keeps_them() -> None:
    paths = files("train/{c}/{c}/{i}.jpg") + files("test/{c}/{c}/{i}.jpg")

    assert recognise(paths).class_names == ("cat", "dog")


def test_trains_among_vehicles_are_a_class() -> None:
    vehicles = ("bus", "train")

    layout = recognise(files("train/{c}/{i}.jpg", vehicles) + files("test/{c}/{i}.jpg", vehicles))

    assert layout.class_names == vehicles
    assert splits(layout) == {"train": 8, "test": 8}
