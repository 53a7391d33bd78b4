"""Ways into the Data page: what an archive holds, downloads by name, the camera."""

import errno
import os
from pathlib import Path

import pytest

from core.datasets import DatasetStore, manifest
from core.datasets.download import RemoteFile
from core.datasets.downloads import DOWNLOADS, Download
from core.datasets.importing import import_folder, import_zip
from core.settings import Settings
from tests.datasets.pictures import jpeg, pets, silent, write_folder, write_zip
from tests.datasets.web_server import serving
from tests.ui.app import open_page, words

PAGE = "pages/1_Data.py"


def upload(name: str, data: bytes):  # noqa: ANN201
    page = open_page(PAGE)
    page.file_uploader(key="zip").set_value([(name, data, "application/zip")]).run()
    assert not page.exception
    return page


def test_what_an_archive_holds_is_shown_before_it_is_brought_in(
    settings: Settings, tmp_path: Path
) -> None:
    files = pets(8, ("train", "train", "train", "val")) | {"stray.jpg": jpeg(3)}
    page = upload("pets.zip", write_zip(tmp_path / "pets.zip", files).read_bytes())

    said = words(page)
    assert "16 images in 2 classes" in said
    assert "cat, dog" in said
    assert "split folders with class folders" in said
    assert "12 train, 4 val; test will be taken from train, 15 %." in said
    assert "1 more image belongs to no class, such as stray.jpg" in said
    assert not settings.datasets_dir.exists()
    page.button(key="import_zip").click().run()
    assert [d.name for d in DatasetStore(settings.datasets_dir).list()] == ["pets"]


def test_an_arrangement_that_is_not_recognised_is_told_with_examples(
    settings: Settings, tmp_path: Path
) -> None:
    files = {f"IMG_{i}.jpg": jpeg(i) for i in range(4)}
    page = upload("pets.zip", write_zip(tmp_path / "pets.zip", files).read_bytes())

    assert "4 images lie in no class folder" in words(page)
    assert any("labels.csv" in block.value for block in page.code)
    assert "import_zip" not in [button.key for button in page.button]


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "no space left on the disk"),
        (errno.EACCES, "The disk refused: Permission denied"),
    ],
)
def test_a_disk_that_refuses_is_told_and_nothing_is_left(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number), "somewhere")

    monkeypatch.setattr(manifest, "replace_file", refuse)
    data = write_zip(tmp_path / "pets.zip", pets()).read_bytes()
    page = open_page(PAGE)
    page.file_uploader(key="zip").set_value([("pets.zip", data, "application/zip")]).run()
    page.button(key="import_zip").click().run()

    assert not page.exception
    assert told in words(page)
    assert list(settings.datasets_dir.iterdir()) == []


def test_every_download_says_its_size_and_terms(settings: Settings) -> None:
    said = words(open_page(PAGE))

    for row in DOWNLOADS:
        assert row.title in said
        assert f"{row.remote.bytes / 1e6:,.0f} MB" in said
        assert row.licence in said


def test_a_download_becomes_the_current_data_set(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server:
        server.content = write_zip(tmp_path / "pets.zip", pets()).read_bytes()
        remote = RemoteFile(server.url, len(server.content))
        offer(monkeypatch, remote)
        page = open_page(PAGE)
        page.button(key="download_pets").click().run()

    assert not page.exception
    assert "Pets by name" in [header.value for header in page.header]


def test_without_internet_a_download_says_the_way_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, RemoteFile("http://127.0.0.1:9/pets.zip", 1000))
    page = open_page(PAGE)
    page.button(key="download_pets").click().run()

    assert not page.exception
    assert "pets.zip could not be downloaded from 127.0.0.1" in words(page)
    assert str(settings.workspace / "downloads") in words(page)


def offer(monkeypatch: pytest.MonkeyPatch, remote: RemoteFile) -> None:
    rows = (Download("pets", "Pets by name", "Two of them.", 20, "free", remote),)
    monkeypatch.setattr("core.ui.data.download.DOWNLOADS", rows)


def test_the_camera_adds_to_a_class(settings: Settings, tmp_path: Path) -> None:
    dataset = import_zip(write_zip(tmp_path / "pets.zip", pets()), "Pets", settings, silent)
    page = open_page(PAGE)
    page.selectbox(key="camera_class").set_value("dog")
    page.toggle(key="camera_on").set_value(True).run()
    page.get("camera_input")[0].set_value(("shot.jpg", jpeg(5000), "image/jpeg")).run()
    page.button(key="camera_add").click().run()

    assert not page.exception
    added = DatasetStore(settings.datasets_dir).get(dataset.id).manifest().iloc[-1]
    assert (added["class_name"], added["split"]) == ("dog", "train")


def test_the_camera_does_not_write_into_a_users_folder(settings: Settings) -> None:
    import_folder(write_folder(settings.data_dir / "Mine", pets()), settings, silent)
    page = open_page(PAGE)

    assert "Mine is a folder of yours, which is never written to" in words(page)
    assert "camera_on" not in [toggle.key for toggle in page.toggle]
