"""Zips and folders that nobody vouches for: what is wrong is named, and the rest goes on."""

import dataclasses
import stat
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pytest

from core.datasets import DatasetStore
from core.datasets.importing import import_folder, import_zip, slug
from core.errors import ArchiveError, DatasetError, LayoutError, UnfreezeError
from core.settings import Settings
from tests.datasets.pictures import jpeg, pets, silent, write_folder, write_zip

SPLITS = ("train", "train", "val", "test")


def nothing_left(settings: Settings) -> bool:
    return not settings.datasets_dir.exists() or not list(settings.datasets_dir.iterdir())


def test_a_zip_with_splits_becomes_a_data_set(settings: Settings, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "Pets.zip", pets(8, SPLITS))

    dataset = import_zip(archive, "Pets", settings, silent)

    assert dataset.class_names == ("cat", "dog")
    assert dataset.notes == ()
    counts = dataset.manifest().groupby(["split", "class_name"]).size().to_dict()
    assert counts["train", "cat"] == 4
    assert counts["test", "dog"] == 2
    assert (dataset.root / "train/cat/00.jpg").read_bytes() == jpeg(0)


def test_the_same_zip_twice_is_one_data_set_whatever_it_is_called(
    settings: Settings, tmp_path: Path
) -> None:
    archive = write_zip(tmp_path / "pets.zip", pets())
    copy = tmp_path / "pets (1).zip"
    copy.write_bytes(archive.read_bytes())

    first = import_zip(archive, "Pets", settings, silent)
    second = import_zip(copy, "pets (1)", settings, silent)

    assert (second.id, second.version, second.name) == (first.id, first.version, "Pets")
    assert len(DatasetStore(settings.datasets_dir).list()) == 1


def test_without_splits_each_class_is_divided_and_it_is_said(
    settings: Settings, tmp_path: Path
) -> None:
    dataset = import_zip(write_zip(tmp_path / "pets.zip", pets(20)), "Pets", settings, silent)

    counts = dataset.manifest().groupby(["split", "class_name"]).size().to_dict()
    assert counts == {
        (split, name): count
        for split, count in (("train", 14), ("val", 3), ("test", 3))
        for name in ("cat", "dog")
    }
    assert "Split by the app" in dataset.notes[0]


def test_a_missing_validation_part_is_taken_from_train(settings: Settings, tmp_path: Path) -> None:
    files = pets(40, ("train", "train", "train", "test"))

    dataset = import_zip(write_zip(tmp_path / "pets.zip", files), "Pets", settings, silent)

    assert "There was no val part" in dataset.notes[0]
    counts = dataset.manifest()["split"].value_counts()
    assert (counts["train"], counts["val"], counts["test"]) == (51, 9, 20)


def test_broken_images_are_left_out_by_name_and_the_rest_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    files = pets() | {
        "cat/empty.jpg": b"",
        "cat/cut.jpg": jpeg(7)[:-200],
        "dog/page.jpg": b"<html>not found</html>",
    }

    dataset = import_zip(write_zip(tmp_path / "pets.zip", files), "Pets", settings, silent)

    table = dataset.manifest().set_index("path")
    assert table.loc["cat/empty.jpg", "issues"] == "zero_bytes"
    assert table.loc["cat/cut.jpg", "issues"] == "unreadable"
    assert table.loc["dog/page.jpg", "issues"] == "not_an_image"
    assert not table.loc[["cat/empty.jpg", "cat/cut.jpg", "dog/page.jpg"], "usable"].any()
    assert table["usable"].sum() == 20


def test_a_class_that_test_lacks_is_named(settings: Settings, tmp_path: Path) -> None:
    files = {k: v for k, v in pets(8, SPLITS).items() if not k.startswith("test/dog")}

    dataset = import_zip(write_zip(tmp_path / "pets.zip", files), "Pets", settings, silent)

    assert dataset.notes == ("No image in test of: dog.",)


def test_copies_within_and_across_splits_are_marked(settings: Settings, tmp_path: Path) -> None:
    files = pets(8, SPLITS)
    files["train/cat/copy.jpg"] = files["train/cat/00.jpg"]
    files["test/dog/leaked.jpg"] = files["train/dog/00.jpg"]
    files["train/dog/both.jpg"] = files["train/cat/01.jpg"]

    dataset = import_zip(write_zip(tmp_path / "pets.zip", files), "Pets", settings, silent)

    issues = dataset.manifest().set_index("path")["issues"]
    assert issues["train/cat/00.jpg"] == "duplicate"
    assert issues["test/dog/leaked.jpg"] == "leak"
    assert issues["train/dog/both.jpg"] == "duplicate;two_classes"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"this is no zip at all", r"broken\.zip is no zip"),
        (b"", r"broken\.zip is no zip"),
    ],
)
def test_what_is_no_zip_is_named(
    settings: Settings, tmp_path: Path, data: bytes, words: str
) -> None:
    archive = tmp_path / "broken.zip"
    archive.write_bytes(data)

    with pytest.raises(ArchiveError, match=words):
        import_zip(archive, "Broken", settings, silent)
    assert nothing_left(settings)


def test_a_zip_that_is_cut_off_is_named(settings: Settings, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "cut.zip", pets())
    archive.write_bytes(archive.read_bytes()[:-300])

    with pytest.raises(ArchiveError, match=r"cut\.zip"):
        import_zip(archive, "Cut", settings, silent)
    assert nothing_left(settings)


def test_a_damaged_member_is_named_and_the_others_are_there(
    settings: Settings, tmp_path: Path
) -> None:
    archive = tmp_path / "pets.zip"
    with ZipFile(archive, "w", ZIP_STORED) as opened:
        for name, data in pets().items():
            opened.writestr(name, data)
    content = bytearray(archive.read_bytes())
    position = content.find(jpeg(3))
    content[position + 100] ^= 0xFF
    archive.write_bytes(bytes(content))

    dataset = import_zip(archive, "Pets", settings, silent)

    assert any("cat/03.jpg in the archive is damaged" in note for note in dataset.notes)
    assert dataset.manifest()["usable"].sum() == 19


@pytest.mark.parametrize(
    "name",
    ["../evil.jpg", "cat/../../evil.jpg", "/etc/evil.jpg", "..\\evil.jpg", "C:\\evil.jpg"],
)
def test_names_that_leave_the_folder_are_refused(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    archive = write_zip(tmp_path / "evil.zip", {**pets(2), name: jpeg()})

    with pytest.raises(ArchiveError, match=r"write outside its folder.*evil\.jpg"):
        import_zip(archive, "Evil", settings, silent)
    assert nothing_left(settings)
    assert not list(tmp_path.rglob("evil.jpg"))


def test_links_are_refused(settings: Settings, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "links.zip", pets(2))
    link = ZipInfo("cat/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(archive, "a") as opened:
        opened.writestr(link, "/etc/passwd")

    with pytest.raises(ArchiveError, match=r"a link.*cat/link\.jpg"):
        import_zip(archive, "Links", settings, silent)
    assert nothing_left(settings)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"max_archive_files": 3}, "holds more than 3 files"),
        ({"max_archive_bytes": 100}, "the limit is"),
        ({"max_unpacked_bytes": 100}, "unpacks to more than"),
    ],
)
def test_limits_are_kept_and_said(
    settings: Settings, tmp_path: Path, limit: dict[str, int], words: str
) -> None:
    archive = write_zip(tmp_path / "large.zip", pets(2))

    with pytest.raises(ArchiveError, match=words):
        import_zip(archive, "Large", dataclasses.replace(settings, **limit), silent)
    assert nothing_left(settings)


def test_a_bomb_is_refused_before_it_is_unpacked(settings: Settings, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "bomb.zip", {**pets(2), "cat/bomb.jpg": bytes(5_000_000)})

    with pytest.raises(ArchiveError, match=r"bomb\.jpg.*unpacks to 5 MB"):
        import_zip(archive, "Bomb", settings, silent)
    assert nothing_left(settings)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme.txt": b"hello"}, "no images in it, only readme.txt"),
        ({}, r"no images in it\."),
        ({f"cat/{i}.jpg": jpeg(i) for i in range(3)}, "only one class, 'cat'"),
        ({f"{i}.jpg": jpeg(i) for i in range(3)}, "no class folder"),
        ({"cat/1.jpg": jpeg(), "dog/1.jpg": b""}, r"Of 2 files: 1 × empty file.*dog/1\.jpg"),
    ],
    ids=["no images", "empty", "one class", "flat", "one class readable"],
)
def test_what_cannot_be_trained_on_leaves_nothing_behind(
    settings: Settings, tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    with pytest.raises((LayoutError, DatasetError), match=words):
        import_zip(write_zip(tmp_path / "pets.zip", files), "Pets", settings, silent)
    assert nothing_left(settings)


def test_an_import_that_is_cut_off_leaves_nothing_and_can_be_repeated(
    settings: Settings, tmp_path: Path
) -> None:
    class CutOffError(Exception):
        pass

    def cut_off(done: int, total: int) -> None:
        if done == 5:
            raise CutOffError

    archive = write_zip(tmp_path / "pets.zip", pets())
    with pytest.raises(CutOffError):
        import_zip(archive, "Pets", settings, cut_off)
    assert nothing_left(settings)

    assert len(import_zip(archive, "Pets", settings, silent).manifest()) == 20


def test_a_folder_stays_where_it_is_untouched(settings: Settings) -> None:
    folder = write_folder(settings.data_dir / "Pets", pets())
    before = {path: path.read_bytes() for path in folder.rglob("*.jpg")}

    dataset = import_folder(folder, settings, silent)

    assert dataset.root == folder
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    DatasetStore(settings.datasets_dir).delete(dataset.id)
    assert folder.is_dir()


def test_a_folder_that_changed_is_a_new_version(settings: Settings) -> None:
    folder = write_folder(settings.data_dir / "Pets", pets())
    first = import_folder(folder, settings, silent)
    write_folder(folder, {"cat/new.jpg": jpeg(77)})

    second = import_folder(folder, settings, silent)

    assert second.id == first.id
    assert second.version != first.version
    old = DatasetStore(settings.datasets_dir).get(first.id, first.version)
    assert len(old.manifest()) == 20


def test_links_in_a_folder_are_not_followed(settings: Settings, tmp_path: Path) -> None:
    folder = write_folder(settings.data_dir / "Pets", pets())
    (tmp_path / "secret.jpg").write_bytes(jpeg(5))
    (folder / "cat" / "link.jpg").symlink_to(tmp_path / "secret.jpg")

    dataset = import_folder(folder, settings, silent)

    assert "cat/link.jpg" not in set(dataset.manifest()["path"])


@pytest.mark.parametrize("where", ["..", "../../etc", "missing"])
def test_folders_elsewhere_are_refused(settings: Settings, where: str) -> None:
    settings.data_dir.mkdir()

    with pytest.raises(UnfreezeError, match="no folder under"):
        import_folder(settings.data_dir / where, settings, silent)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("My Pets!", "my-pets"), ("../../x", "x"), ("Кошки", "images"), ("a" * 99, "a" * 40)],
)
def test_slugs_are_safe_names(name: str, expected: str) -> None:
    assert slug(name) == expected
