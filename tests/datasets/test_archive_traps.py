"""Archives that tell lies about themselves: refused before they cost memory or time."""

import bz2
import gzip
import io
import struct
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.datasets.archive import unpack
from core.datasets.importing import arrangement_of_archive
from core.errors import ArchiveError
from core.settings import Settings
from tests.datasets.pictures import jpeg, silent

END = bytes(1024)


def header(name: str, size: int, kind: bytes = b"0") -> bytes:
    """A member's header as no tool writes it: with any size."""
    member = tarfile.TarInfo(name)
    member.type = kind
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = (b"\x80" if size >= 0 else b"\xff") + (size & (1 << 88) - 1).to_bytes(11)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def record(name: str, value: str) -> bytes:
    """An extended header that says one thing of the next member."""
    line = f" {name}={value}\n"
    length = next(n for n in range(len(line), len(line) + 9) if len(str(n)) + len(line) == n)
    text = f"{length}{line}".encode()
    return header("about", len(text), b"x") + text + bytes(-len(text) % 512)


def listed(entries: int, name: bytes = b"a") -> bytes:
    """A zip that is nothing but its list of members."""
    about = (20, 20, *[0] * 7, len(name), *[0] * 6)
    entry = b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", *about) + name
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0, 0, entries * len(entry), 0, 0)
    return entry * entries + end


def tried(data: bytes, tmp_path: Path, settings: Settings) -> str:
    archive, inside = tmp_path / "trap.zip", tmp_path / "inside"
    archive.write_bytes(data)
    inside.mkdir()
    with pytest.raises(ArchiveError, match=r"trap\.zip") as caught:
        unpack(archive, inside, settings, silent)
    assert not list(inside.iterdir())
    return caught.value.what


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g"])
def test_a_tar_whose_header_is_huge_is_not_read_into_memory(
    settings: Settings, tmp_path: Path, kind: bytes
) -> None:
    long = header("about", 1_000_000, kind) + b"a" * 1_000_448 + header("cat/1.jpg", 0) + END

    assert "header or list of more than" in tried(gzip.compress(long), tmp_path, settings)


@pytest.mark.parametrize(
    "members",
    [
        header("cat/1.jpg", -512),
        header("cat/1.jpg", -1024, b"Z"),
        header("about", -1024, b"L") + header("cat/1.jpg", 0),
        header("about", -512, b"x") + header("cat/1.jpg", 0),
        record("size", "-1024") + header("cat/1.jpg", 0),
        record("path", "cat/1.jpg") * 2000 + header("cat/1.jpg", 0),
    ],
)
def test_a_tar_that_would_lead_its_reader_back_is_refused(
    settings: Settings, tmp_path: Path, members: bytes
) -> None:
    assert "is no zip or tar" in tried(members + END, tmp_path, settings)


def test_folders_of_a_tar_count_as_files_do(settings: Settings, tmp_path: Path) -> None:
    few = replace(settings, max_archive_files=10)

    what = tried(gzip.compress(header("cat/", 0, b"5") * 11 + END), tmp_path, few)

    assert "more than 10 files" in what


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (listed(6_000), "a list of more than 300 files"),
        (listed(9, b"a" * 60_000), "header or list"),
    ],
)
def test_the_list_of_a_zip_is_counted_before_it_is_taken_apart(
    settings: Settings, tmp_path: Path, data: bytes, what: str
) -> None:
    few = replace(settings, max_archive_files=300)

    assert what in tried(data, tmp_path, few)


def test_a_packed_tar_that_is_damaged_behind_its_beginning(
    settings: Settings, tmp_path: Path
) -> None:
    # Noise, so that the damage lies behind what is read first.
    noise = b"".join(n.to_bytes(8) for n in range(0, 1 << 40, (1 << 40) // 40_000))
    data = bytearray(bz2.compress(header("cat/1.jpg", len(noise)) + noise + END))
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(40)

    with io.BytesIO(data) as file, pytest.raises(ArchiveError, match=r"trap\.tar is no zip"):
        arrangement_of_archive(file, "trap.tar", settings)
    assert "is no zip or tar" in tried(bytes(data), tmp_path, settings)


def test_a_table_at_a_place_beyond_any_file_is_told(settings: Settings) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("labels.csv", b"file,label\n1.jpg,cat\n")
        archive.writestr("cat/1.jpg", jpeg())
        archive.writestr("dog/2.jpg", jpeg())
    data = bytearray(file.getvalue())
    place = data.index(b"PK\x01\x02")
    extra = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)
    data[place + 30 : place + 32] = struct.pack("<H", len(extra))
    data[place + 42 : place + 46] = b"\xff" * 4
    data[place + 46 + 10 : place + 46 + 10] = extra
    size = struct.unpack_from("<I", data, len(data) - 10)[0]
    struct.pack_into("<I", data, len(data) - 10, size + len(extra))

    layout = arrangement_of_archive(io.BytesIO(data), "pets.zip", settings)

    assert layout.class_names == ("cat", "dog")


def test_a_damaged_second_member_of_one_name_leaves_the_first(
    settings: Settings, tmp_path: Path
) -> None:
    file = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "w") as archive:
        archive.writestr("cat/1.jpg", jpeg())
        archive.writestr("cat/1.jpg", b"second")
    data = bytearray(file.getvalue())
    at = data.index(b"second")
    data[at - 9 : at] = b"dog/1.jpg"  # what lies there has another name than the list says
    archive_path, inside = tmp_path / "twice.zip", tmp_path / "inside"
    archive_path.write_bytes(data)
    inside.mkdir()

    notes = unpack(archive_path, inside, settings, silent)

    assert notes == ["cat/1.jpg in the archive is damaged and was left out."]
    assert (inside / "cat/1.jpg").read_bytes() == jpeg()
