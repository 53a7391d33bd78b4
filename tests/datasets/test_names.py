"""Names of files in any writing system, from any packer."""

import io
import os
import tarfile
import zipfile
from pathlib import Path
from unicodedata import normalize

import pytest

from core.datasets.archive_names import decoded
from core.datasets.importing import import_folder, import_zip
from core.errors import ArchiveError
from core.settings import Settings
from tests.datasets.pictures import jpeg, pets, silent, write_folder


class Unflagged(zipfile.ZipInfo):
    """A member whose name is written as bytes, without a word on what they are."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(str(hash(raw)))
        self.raw = raw

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's own name
        return self.raw, self.flag_bits & ~0x800


def paths() -> list[str]:
    return [f"{name}/фото №{i}.jpg" for name in ("кошка", "собака") for i in range(6)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp866"])
def test_a_zip_that_does_not_say_how_its_names_are_written(
    settings: Settings, tmp_path: Path, encoding: str
) -> None:
    archive = tmp_path / "pets.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for i, path in enumerate(paths()):
            opened.writestr(
                Unflagged(path.replace("№", "" if i % 2 else "№").encode(encoding)), jpeg(i)
            )

    dataset = import_zip(archive, "Pets", settings, silent)

    assert dataset.class_names == ("кошка", "собака")
    assert len(dataset.manifest()) == 12
    assert dataset.manifest()["usable"].all()


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "cp1251", "latin-1"])
def test_a_tar_with_names_of_any_bytes(settings: Settings, tmp_path: Path, encoding: str) -> None:
    odd = "größe/ä.jpg" if encoding == "latin-1" else "кошка/фото.jpg"
    archive = tmp_path / "pets.tar"
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT, encoding=encoding) as opened:
        for name, data in {**pets(6), odd: jpeg(500)}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))

    dataset = import_zip(archive, "Pets", settings, silent)

    assert len(dataset.class_names) == 3
    assert dataset.manifest()["usable"].sum() == 13
    if encoding in ("utf-8", "cp866"):
        assert "кошка" in dataset.class_names


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("кошка/кот №1.jpg", "cp866"),
        ("IMG_кот.jpg", "cp866"),
        ("Größe/naïve é.jpg", "cp437"),
        ("猫/いぬ.jpg", "utf-8"),
        ("кошка/Ёж.jpg", "utf-8"),
    ],
)
def test_bytes_are_read_as_what_they_were(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text


def test_a_way_out_of_the_folder_is_seen_in_any_writing(settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "pets.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(Unflagged("../кошка/фото.jpg".encode("cp866")), jpeg(0))

    with pytest.raises(ArchiveError, match="outside"):
        import_zip(archive, "Pets", settings, silent)


def test_a_file_whose_name_is_no_text_is_told_and_the_rest_goes_on(settings: Settings) -> None:
    folder = write_folder(settings.data_dir / "pets", pets(6))
    with open(os.fsencode(folder) + b"/cat/\xea\xee\xf2.jpg", "wb") as file:  # noqa: PTH123 - bytes
        file.write(jpeg(500))

    dataset = import_folder(folder, settings, silent)

    assert len(dataset.manifest()) == 12
    assert any("cat/\N{REPLACEMENT CHARACTER}" in note for note in dataset.notes)


def test_accents_that_stand_apart_are_the_same_letters(settings: Settings) -> None:
    files = {f"img/йод {i}.jpg": jpeg(i) for i in range(12)}
    rows = [f"{name},{('чай', 'рай')[i % 2]}" for i, name in enumerate(files)]
    apart = {normalize("NFD", name): data for name, data in files.items()}
    table = {"labels.csv": "\n".join(["file,label", *rows]).encode()}

    dataset = import_folder(write_folder(settings.data_dir / "a", apart | table), settings, silent)

    assert dataset.class_names == ("рай", "чай")
    assert len(dataset.manifest()) == 12


def test_a_class_in_two_spellings_is_one(settings: Settings) -> None:
    names = (normalize("NFD", "чай"), normalize("NFC", "чай"), "кофе")
    files = {
        f"{name}/{i}{k}.jpg": jpeg(9 * k + i) for k, name in enumerate(names) for i in range(6)
    }

    dataset = import_folder(write_folder(settings.data_dir / "a", files), settings, silent)

    assert dataset.class_names == ("кофе", normalize("NFC", "чай"))
    assert dataset.manifest()["class_name"].value_counts().to_dict() == {"чай": 12, "кофе": 6}
