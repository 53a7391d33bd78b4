"""Zips and tars that are odd inside: what can be unpacked is, and the rest is told."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZipFile

import pytest

from core.datasets.archive import unpack
from core.datasets.importing import arrangement_of_archive, import_zip
from core.errors import ArchiveError
from core.settings import Settings
from tests.datasets.pictures import jpeg, pets, silent, write_zip


def write_tar(path: Path, files: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def unpacked(archive: Path, settings: Settings) -> tuple[set[str], list[str]]:
    target = archive.parent / "unpacked"
    target.mkdir()
    notes = unpack(archive, target, settings, silent)
    return {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}, notes


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_brought_in_as_a_zip_is(settings: Settings, tmp_path: Path, mode: str) -> None:
    archive = write_tar(tmp_path / "pets.tgz", {**pets(), "LICENSE.txt": b"free"}, mode)

    dataset = import_zip(archive, "Pets", settings, silent)

    assert dataset.class_names == ("cat", "dog")
    assert dataset.manifest()["usable"].sum() == 20


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "cat/../../evil.jpg"])
def test_a_tar_cannot_write_elsewhere(settings: Settings, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match=r"outside its folder.*evil\.jpg"):
        unpacked(write_tar(tmp_path / "evil.tar", {"cat/1.jpg": jpeg(), name: jpeg()}), settings)
    assert not list(tmp_path.rglob("evil.jpg"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_pipes_in_a_tar_are_refused(
    settings: Settings, tmp_path: Path, kind: bytes
) -> None:
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("cat/1.jpg")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)

    with pytest.raises(ArchiveError, match=r"a link.*cat/1\.jpg"):
        unpacked(path, settings)


def test_a_tar_that_swells_is_refused(settings: Settings, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "bomb.tgz", {"cat/1.jpg": jpeg(), "cat/0.jpg": bytes(50_000_000)})

    with pytest.raises(ArchiveError, match=r"bomb\.tgz unpacks to more than") as caught:
        unpacked(path, settings)
    assert "UNFREEZE_MAX_COMPRESSION_RATIO" in caught.value.way_out


def test_a_packed_tar_with_a_wrong_checksum_is_named(settings: Settings, tmp_path: Path) -> None:
    # Without the zeros at its end, so that whoever looks for another member gets to the checksum.
    plain = write_tar(tmp_path / "pets.tar", pets(), "w").read_bytes().rstrip(b"\0")
    data = bytearray(gzip.compress(plain + bytes(-len(plain) % 512)))
    data[-8] ^= 0xFF
    archive = tmp_path / "pets.tgz"
    archive.write_bytes(data)

    with pytest.raises(ArchiveError, match=r"pets\.tgz is no zip or tar, or is cut off"):
        import_zip(archive, "Pets", settings, silent)
    with archive.open("rb") as file, pytest.raises(ArchiveError, match=r"pets\.tgz"):
        arrangement_of_archive(file, archive.name, settings)


def test_a_tar_that_is_cut_off_is_named(settings: Settings, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "cut.tgz", pets())
    path.write_bytes(path.read_bytes()[:-500])

    with pytest.raises(ArchiveError, match=r"cut\.tgz is no zip or tar, or is cut off"):
        unpacked(path, settings)


@pytest.mark.parametrize("compression", [ZIP_BZIP2, ZIP_LZMA])
def test_a_damaged_member_of_any_compression_is_told(
    settings: Settings, tmp_path: Path, compression: int
) -> None:
    path = tmp_path / "pets.zip"
    with ZipFile(path, "w", compression) as archive:
        archive.writestr("cat/1.jpg", jpeg(1))
        archive.writestr("cat/2.jpg", jpeg(2))
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(bytes(data))

    files, notes = unpacked(path, settings)

    assert files == {"cat/2.jpg"}
    assert notes == ["cat/1.jpg in the archive is damaged and was left out."]


def test_a_compression_that_python_does_not_know_is_told(
    settings: Settings, tmp_path: Path
) -> None:
    path = write_zip(tmp_path / "pets.zip", {"cat/1.jpg": jpeg(1), "cat/2.jpg": jpeg(2)})
    data = bytearray(path.read_bytes())
    deflate64 = (9).to_bytes(2, "little")
    data[8:10] = deflate64
    central = data.index(b"PK\x01\x02")
    data[central + 10 : central + 12] = deflate64
    path.write_bytes(bytes(data))

    files, notes = unpacked(path, settings)

    assert files == {"cat/2.jpg"}
    assert "cat/1.jpg" in notes[0]


def test_the_second_file_of_one_name_does_not_replace_the_first(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "twice.zip"
    with ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("cat/1.jpg", jpeg(1))
        archive.writestr("cat/1.jpg", jpeg(2))

    files, notes = unpacked(path, settings)

    assert files == {"cat/1.jpg"}
    assert (tmp_path / "unpacked/cat/1.jpg").read_bytes() == jpeg(1)
    assert notes == ["cat/1.jpg in the archive has the name of another file and was left out."]


@pytest.mark.parametrize(
    "name", ["cat.jpg/inside.jpg", "n" * 300 + ".jpg"], ids=["below a file", "too long"]
)
def test_names_that_the_disk_refuses_are_told(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    path = write_zip(tmp_path / "odd.zip", {"cat.jpg": jpeg(1), name: jpeg(2), "dog.jpg": jpeg(3)})

    files, notes = unpacked(path, settings)

    assert files == {"cat.jpg", "dog.jpg"}
    assert len(notes) == 1
    assert name in notes[0]


def test_names_that_differ_only_in_case_are_two_files(settings: Settings, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "case.zip", {"cat/A.jpg": jpeg(1), "cat/a.jpg": jpeg(2)})

    files, notes = unpacked(path, settings)

    # Where the disk takes them for one file, the second is told and the first is kept.
    assert "cat/A.jpg" in files
    assert len(files) + len(notes) == 2


def test_a_member_that_lies_about_its_size_is_left_out(settings: Settings, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "lying.zip", {"cat/1.jpg": jpeg(1), "cat/2.jpg": jpeg(2)})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))

    files, notes = unpacked(path, settings)

    assert "cat/2.jpg" in files
    assert "cat/1.jpg" not in files
    assert "cat/1.jpg" in notes[0]


def test_only_images_and_tables_are_unpacked(settings: Settings, tmp_path: Path) -> None:
    names = ["cat/1.jpg", "labels.csv", "run.exe", "cat/.hidden.jpg", "__MACOSX/cat/._1.jpg"]
    path = write_zip(tmp_path / "pets.zip", dict.fromkeys(names, b"x"))

    files, _ = unpacked(path, settings)

    assert files == {"cat/1.jpg", "labels.csv"}


def test_a_password_is_told(settings: Settings, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "secret.zip", {"cat/1.jpg": jpeg(1)})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))

    with pytest.raises(ArchiveError, match="password"):
        unpacked(path, settings)


def test_a_limit_on_the_whole_holds_for_many_small_files(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "many.zip"
    with ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for i in range(30):
            archive.writestr(f"cat/{i}.jpg", bytes(1000))

    with pytest.raises(ArchiveError, match="unpacks to more than") as caught:
        unpacked(path, replace(settings, max_unpacked_bytes=20_000))
    assert "UNFREEZE_MAX_UNPACKED_BYTES" in caught.value.way_out


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_an_arrangement_is_told_before_anything_is_copied(
    settings: Settings, tmp_path: Path, write: Callable[..., Path]
) -> None:
    path = write(tmp_path / "pets", {f"pets/{name}": data for name, data in pets(8).items()})

    with path.open("rb") as opened:
        layout = arrangement_of_archive(opened, "pets.zip", settings)

    assert layout.class_names == ("cat", "dog")
    assert len(layout.images) == 16
    assert not settings.datasets_dir.exists()


def test_an_arrangement_by_a_table_is_told_too(settings: Settings, tmp_path: Path) -> None:
    table = b"file,label\n" + b"".join(b"%d.jpg,%d\n" % (i, i % 2) for i in range(8))
    files = {f"{i}.jpg": jpeg(i) for i in range(8)} | {"labels.csv": table}
    data = io.BytesIO(write_zip(tmp_path / "pets.zip", files).read_bytes())

    assert arrangement_of_archive(data, "pets.zip", settings).kind == "the table labels.csv"


@pytest.mark.parametrize("data", [b"", b"no archive"])
def test_what_is_no_archive_is_told_before_it_is_copied(settings: Settings, data: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"pets\.zip is no zip or tar"):
        arrangement_of_archive(io.BytesIO(data), "pets.zip", settings)


def test_damage_and_a_name_that_cannot_be_used_are_one_trouble_not_two(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "long.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/fine.png", b"x")
        archive.writestr(f"cat/{'n' * 300}.png", b"y")
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x03\x04")] = 0  # the second member's own header
    path.write_bytes(data)
    (tmp_path / "target").mkdir()

    notes = unpack(path, tmp_path / "target", settings, lambda done, total: None)

    assert len(notes) == 1
    assert (tmp_path / "target" / "cat" / "fine.png").is_file()


def test_an_index_that_points_before_the_file_is_damage(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "cut.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/a.png", b"x")
    path.write_bytes(path.read_bytes()[1:])  # every place in it is one too large
    (tmp_path / "target").mkdir()

    try:
        notes = unpack(path, tmp_path / "target", settings, lambda done, total: None)
    except ArchiveError:
        notes = ["refused"]

    assert len(notes) == 1
