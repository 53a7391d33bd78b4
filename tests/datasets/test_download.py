"""Downloads from a server on this machine: whole, cut off and gone on with, wrong, unreachable."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from core.datasets.download import RemoteFile, fetch
from core.errors import DatasetError
from tests.datasets.pictures import silent
from tests.datasets.web_server import CONTENT, Server


def recorder() -> tuple[list[tuple[int, int]], Callable[[int, int], None]]:
    calls: list[tuple[int, int]] = []
    return calls, lambda done, total: calls.append((done, total))


def test_a_file_arrives_whole_and_tells_how_far_it_is(server: Server, tmp_path: Path) -> None:
    calls, progress = recorder()

    path = fetch(server.remote(), tmp_path / "downloads", progress)

    assert path == tmp_path / "downloads" / "pets.zip"
    assert path.read_bytes() == CONTENT
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert calls == sorted(calls)


def test_a_file_that_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    fetch(server.remote(), tmp_path, silent)
    fetch(server.remote(), tmp_path, silent)

    assert len(server.ranges) == 1


def test_a_download_that_was_cut_off_goes_on_there(server: Server, tmp_path: Path) -> None:
    server.cut_after = 300_000
    with pytest.raises(DatasetError, match=r"pets\.zip could not be downloaded.*try again"):
        fetch(server.remote(), tmp_path, silent)
    assert not (tmp_path / "pets.zip").exists()
    server.cut_after = None

    path = fetch(server.remote(), tmp_path, silent)

    assert path.read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=300000-"]


def test_a_server_without_ranges_sends_it_all_again(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    (tmp_path / "pets.zip.part").write_bytes(b"x" * 1000)

    assert fetch(server.remote(), tmp_path, silent).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0" * len(CONTENT), "checksum"),
        (CONTENT + b"more", r"size 1,024,004 instead of 1,024,000"),
    ],
    ids=["other content", "too long"],
)
def test_what_is_not_the_published_file_is_thrown_away(
    server: Server, tmp_path: Path, content: bytes, words: str
) -> None:
    server.content = content

    with pytest.raises(DatasetError, match=rf"pets\.zip is not the file.*{words}"):
        fetch(server.remote(), tmp_path, silent)
    assert not list(tmp_path.iterdir())


def test_without_a_published_checksum_the_size_is_checked(server: Server, tmp_path: Path) -> None:
    server.content = b"\0" * len(CONTENT)

    assert fetch(server.remote(sha256=""), tmp_path, silent).read_bytes() == server.content


def test_no_internet_is_told_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/pets.zip"

    with pytest.raises(DatasetError) as caught:
        fetch(RemoteFile(url, 10), tmp_path, silent)
    assert "could not be downloaded from 127.0.0.1" in caught.value.what
    assert f"put it into {tmp_path}" in caught.value.way_out


def test_a_person_who_leaves_in_the_middle_loses_nothing(server: Server, tmp_path: Path) -> None:
    class LeftError(Exception):
        pass

    def leave(done: int, total: int) -> None:
        raise LeftError

    with pytest.raises(LeftError):
        fetch(server.remote(), tmp_path, leave)
    there = (tmp_path / "pets.zip.part").stat().st_size

    assert fetch(server.remote(), tmp_path, silent).read_bytes() == CONTENT
    assert server.ranges == ["", f"bytes={there}-"]


def test_a_name_that_the_server_does_not_have_is_told(tmp_path: Path, server: Server) -> None:
    server.status = 404

    with pytest.raises(DatasetError, match=r"pets\.zip could not be downloaded.*Not Found"):
        fetch(server.remote(), tmp_path, silent)
