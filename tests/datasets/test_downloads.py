"""Data sets by name: the table, and what comes of a row of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.datasets import DatasetStore
from core.datasets.download import RemoteFile
from core.datasets.downloads import DOWNLOADS, Download, downloads_dir, load_download
from core.errors import DatasetError
from core.settings import Settings
from tests.datasets.pictures import pets, silent, write_zip
from tests.datasets.web_server import Server


@pytest.fixture
def row(server: Server, tmp_path: Path) -> Download:
    server.content = write_zip(tmp_path / "pets.zip", pets()).read_bytes()
    remote = RemoteFile(server.url, len(server.content))
    return Download("pets", "Pets", "Two of them.", 20, "free", remote)


def test_every_row_of_the_table_is_whole() -> None:
    assert len({row.key for row in DOWNLOADS}) == len(DOWNLOADS) >= 3
    for row in DOWNLOADS:
        assert row.remote.url.startswith("https://")
        assert row.remote.name.endswith((".zip", ".tgz"))
        assert row.remote.bytes > 50_000_000
        assert len(row.remote.sha256) in (0, 64)
        assert row.licence


def test_a_download_becomes_a_data_set_and_its_archive_goes(
    settings: Settings, row: Download
) -> None:
    received: list[int] = []

    dataset = load_download(
        "pets", settings, lambda done, total: received.append(done), silent, (row,)
    )

    assert dataset.name == "Pets"
    assert dataset.source == "download pets.zip"
    assert dataset.class_names == ("cat", "dog")
    assert received[-1] == row.remote.bytes
    assert not list(downloads_dir(settings).iterdir())


def test_what_is_there_is_not_downloaded_again(
    settings: Settings, row: Download, server: Server
) -> None:
    first = load_download("pets", settings, silent, silent, (row,))
    second = load_download("pets", settings, silent, silent, (row,))

    assert second == first
    assert len(server.ranges) == 1
    assert len(DatasetStore(settings.datasets_dir).list()) == 1


def test_an_archive_that_was_put_there_by_hand_is_used(
    settings: Settings, row: Download, tmp_path: Path
) -> None:
    downloads_dir(settings).mkdir()
    (tmp_path / "pets.zip").rename(downloads_dir(settings) / "pets.zip")
    without_internet = replace(row, remote=replace(row.remote, url="http://127.0.0.1:9/pets.zip"))

    dataset = load_download("pets", settings, silent, silent, (without_internet,))

    assert dataset.manifest()["usable"].sum() == 20


def test_an_unknown_name_is_told(settings: Settings) -> None:
    with pytest.raises(DatasetError, match="no download 'birds'"):
        load_download("birds", settings, silent, silent)
