"""Classes from a table beside the images, or from the beginning of the file names."""

from pathlib import Path

import pytest

from core.datasets.importing import arrangement, import_folder, import_zip
from core.datasets.layout import recognise
from core.errors import DatasetError, LayoutError
from core.settings import Settings
from tests.datasets.pictures import jpeg, pets, silent, write_folder, write_zip

IMAGES = [f"images/{i}.jpg" for i in range(6)]
HEADED = "file,label\n" + "".join(f"{i}.jpg,{'cat' if i % 2 else 'dog'}\n" for i in range(6))


def arranged(root: Path, table: str | bytes, name: str = "labels.csv", images: list[str] = IMAGES):  # noqa: ANN201
    data = table.encode() if isinstance(table, str) else table
    write_folder(root, {**dict.fromkeys(images, b""), name: data})
    return arrangement(root)


def classes(layout) -> list[str]:  # noqa: ANN001
    return [image.class_name for image in layout.images]


@pytest.mark.parametrize(
    "table",
    [
        HEADED,
        HEADED.replace(",", ";"),
        HEADED.replace(",", "\t"),
        HEADED.replace("file,label", "Image Name,Class"),
        HEADED.replace(".jpg", ""),
        HEADED.replace("\n", "\n./images/").removesuffix("./images/"),
        b"\xef\xbb\xbf" + HEADED.encode(),
        HEADED.replace("\n", "\r\n"),
        "extra," + HEADED.replace("\n", "\nx,").removesuffix("x,"),
    ],
    ids=[
        "commas",
        "semicolons",
        "tabs",
        "other-names",
        "no-endings",
        "with-folders",
        "bom",
        "windows",
        "extra",
    ],
)
def test_a_table_gives_the_classes(tmp_path: Path, table: str | bytes) -> None:
    layout = arranged(tmp_path, table)

    assert classes(layout) == ["dog", "cat"] * 3
    assert layout.kind == "the table labels.csv"
    assert layout.notes == ()


def test_a_table_may_give_the_splits(tmp_path: Path) -> None:
    splits = ("train", "", "valid", "Test", "train", "train")
    rows = zip(range(6), ("cat", "dog") * 3, splits, strict=True)
    table = "file,label,split\n" + "".join(f"{i}.jpg,{c},{s}\n" for i, c, s in rows)

    got = [image.split for image in arranged(tmp_path, table).images]

    assert got == ["train", "train", "val", "test", "train", "train"]


def test_rows_and_images_without_each_other_are_told(tmp_path: Path) -> None:
    layout = arranged(tmp_path, HEADED.replace("5.jpg", "gone.jpg"))

    assert layout.ignored == ("images/5.jpg",)
    assert layout.notes == ("No image that is there for 1 row of labels.csv: gone.jpg.",)


def test_the_usual_table_wins_over_folders_another_only_where_they_say_nothing(
    tmp_path: Path,
) -> None:
    table = "file,label\ncat/1.jpg,wild\ncat/2.jpg,tame\ndog/1.jpg,tame\ndog/2.jpg,wild\n"
    images = ["cat/1.jpg", "cat/2.jpg", "dog/1.jpg", "dog/2.jpg"]

    assert classes(arranged(tmp_path / "a", table, images=images)) == ["wild", "tame"] * 1 + [
        "tame",
        "wild",
    ]
    assert (
        classes(arranged(tmp_path / "b", table, "facts.csv", images)) == ["cat"] * 2 + ["dog"] * 2
    )
    assert classes(arranged(tmp_path / "c", HEADED, "train.csv")) == ["dog", "cat"] * 3


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("a,b\n1,2\n", r"labels\.csv has no columns for file and label; it has: a, b"),
        ("file,label\n", r"labels\.csv has no rows"),
        ("file,label\nx.jpg,cat\ny.jpg,dog\n", r"labels\.csv names none of the 6 images"),
        (HEADED.replace("cat", "dog"), "only one class, 'dog'"),
        (
            "file,label,split\n0.jpg,cat,train\n1.jpg,dog,holdout\n",
            r"Row 3 of labels\.csv has the split 'holdout'",
        ),
        (
            "file,label\n" + "".join(f"{i}.jpg,{i * 7}\n" for i in range(6)),
            "There are 6 classes for 6 images in the table",
        ),
    ],
    ids=["columns", "empty", "strangers", "one-class", "split", "numbers"],
)
def test_a_table_that_does_not_fit_is_told(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        arranged(tmp_path, table)


def test_two_images_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    images = ["a/1.jpg", "b/1.jpg", "a/2.jpg", "b/2.jpg"]
    table = "file,label\na/1.jpg,cat\nb/1.jpg,dog\na/2.jpg,cat\nb/2.jpg,dog\n"

    layout = arranged(tmp_path, table, images=images)

    assert {i.path: i.class_name for i in layout.images} == {
        "a/1.jpg": "cat",
        "a/2.jpg": "cat",
        "b/1.jpg": "dog",
        "b/2.jpg": "dog",
    }


def test_a_zip_with_a_table_is_brought_in(settings: Settings, tmp_path: Path) -> None:
    files = {f"pets/{i}.jpg": jpeg(i) for i in range(20)}
    table = "id,breed\n" + "".join(f"{i},{'pug' if i % 2 else 'manx'}\n" for i in range(20))
    archive = write_zip(tmp_path / "pets.zip", files | {"labels.csv": table.encode()})

    dataset = import_zip(archive, "Pets", settings, silent)

    assert dataset.class_names == ("manx", "pug")
    assert dataset.manifest()["usable"].sum() == 20


def test_the_flat_form_of_kaggle(settings: Settings) -> None:
    files = {f"train/{path.replace('/', '.')}": data for path, data in pets(20).items()}
    files |= {f"test1/{i}.jpg": jpeg(900 + i) for i in range(5)}
    folder = write_folder(settings.data_dir / "dogs-vs-cats", files)

    dataset = import_folder(folder, settings, silent)

    assert dataset.class_names == ("cat", "dog")
    counts = dataset.manifest()["split"].value_counts().to_dict()
    assert counts == {"train": 28, "val": 6, "test": 6}
    assert any("5 images belong to no class: test1/0.jpg" in note for note in dataset.notes)


def test_flat_names_in_split_folders_keep_their_splits() -> None:
    layout = recognise(
        [
            f"{split}/{name}.{i}.jpg"
            for split in ("train", "valid", "test")
            for name in "ab"
            for i in (1, 2)
        ]
    )

    assert layout.kind == "class names at the beginning of the file names"
    assert {image.split for image in layout.images} == {"train", "val", "test"}


@pytest.mark.parametrize(
    "paths",
    [
        ["cats/cat.0.jpg", "cats/cat.1.jpg", "dogs/dog.0.jpg", "dogs/dog.1.jpg"],
        ["cats/a.0.jpg", "cats/b.1.jpg", "dogs/c.0.jpg", "dogs/d.1.jpg"],
        [f"{c}/{n}.{i}.jpg" for c in ("cats", "dogs") for n in ("IMG", "DSC") for i in range(4)],
        ["cats/cut-0.1.jpg", "cats/cut-0.2.jpg", "cats/up-0.1.jpg", "cats/up-0.2.jpg"]
        + [f"{c}/{i}.jpg" for c in ("cats", "dogs") for i in range(5)],
    ],
    ids=["one name a folder", "a new name each file", "cameras", "a few odd ones"],
)
def test_class_folders_win_over_names_like_that(paths: list[str]) -> None:
    assert recognise(paths).class_names == ("cats", "dogs")


def test_nothing_recognised_says_what_was_found_and_what_is_expected() -> None:
    with pytest.raises(LayoutError, match=r"2 images lie in no class.*train/cat.*labels\.csv"):
        recognise(["IMG_1.jpg", "IMG_2.jpg"])
