"""Images that nobody vouches for are decoded in processes that may die without harm."""

import ast
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.datasets.apart import Decoders
from core.datasets.decode import decode, decode_bytes, open_rgb
from core.datasets.facts import inspect
from core.errors import InvalidImageError
from core.settings import APP_ROOT
from tests.datasets.pictures import jpeg

LIMIT = 10**8
Children = Callable[[], list[psutil.Process]]


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(20, 500_000_000, 1)
    yield made
    made.close()


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), (200, 40, 40, 90)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def decoding() -> list[psutil.Process]:
    found = psutil.Process().children()
    return [p for p in found if "core.datasets.apart_process" in p.cmdline()]


@pytest.fixture
def children() -> Children:
    """Tells those that the test has started; the app's own may be there already."""
    others = {p.pid for p in decoding()}
    return lambda: [p for p in decoding() if p.pid not in others]


def test_the_pixels_are_those_of_the_one_decoder(decoders: Decoders) -> None:
    data = png(40, 30)

    pixels = decoders.decode(data, "a.png", 16, LIMIT)

    np.testing.assert_array_equal(pixels, decode_bytes(data, "a.png", 16))


def test_facts_are_the_same(decoders: Decoders, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.jpg", "b.png", "c.png", "absent.png")]
    paths[0].write_bytes(jpeg(1))
    paths[1].write_bytes(png(40, 30))
    paths[2].write_bytes(b"no image")

    found = decoders.inspect(paths, LIMIT)

    for path, facts in zip(paths, found, strict=True):
        here = inspect(path, LIMIT)
        assert facts.columns() == here.columns()
        assert facts.tint == here.tint
        assert np.array_equal(facts.small, here.small) if here.small is not None else True


@pytest.mark.parametrize("data", [b"", b"no image", png(40, 30)[:60]])
def test_a_broken_image_is_refused_in_words(decoders: Decoders, data: bytes) -> None:
    with pytest.raises(InvalidImageError, match=r"a\[x\]\.png"):
        decoders.decode(data, "a[x].png", 16, LIMIT)


def test_an_image_with_too_many_pixels_is_refused(decoders: Decoders) -> None:
    with pytest.raises(InvalidImageError, match="1,000"):
        decoders.decode(png(40, 30), "a.png", 16, 1_000)


def test_an_image_that_takes_too_much_memory_harms_no_other(decoders: Decoders) -> None:
    with pytest.raises(InvalidImageError, match="memory"):
        decoders.decode(png(6_000, 6_000), "bomb.png", 16, LIMIT)

    assert decoders.decode(png(4, 3), "a.png", 16, LIMIT).shape == (16, 16, 3)


def test_an_image_that_takes_too_long_ends_the_process_alone(
    tmp_path: Path, children: Children
) -> None:
    hasty = Decoders(0.0, 10**9, 1)
    path = tmp_path / "a.png"
    path.write_bytes(png(4, 3))

    with pytest.raises(InvalidImageError, match="seconds"):
        hasty.decode(png(4, 3), "slow.png", 16, LIMIT)

    assert [facts.issues for facts in hasty.inspect([path, path], LIMIT)] == ["unreadable"] * 2
    assert children() == []


def test_a_process_that_died_is_replaced(decoders: Decoders, children: Children) -> None:
    decoders.decode(png(4, 3), "a.png", 16, LIMIT)
    (child,) = children()
    child.kill()
    child.wait()

    assert decoders.decode(png(4, 3), "a.png", 16, LIMIT).shape == (16, 16, 3)


def test_the_process_knows_no_secrets_and_writes_no_files(
    decoders: Decoders, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_DATABASE", "postgresql://app:kept-to-itself@db/team")
    decoders.decode(png(4, 3), "a.png", 16, LIMIT)
    (child,) = children()

    assert "kept-to-itself" not in str(child.environ())
    assert child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_AS)[0] == 500_000_000
    assert child.ppid() == os.getpid()


def test_files_are_decoded_as_in_this_process(decoders: Decoders, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(40, 30))
    here = open_rgb(path)
    here.thumbnail((16, 16))

    np.testing.assert_array_equal(decoders.fitted(path, 16, LIMIT), np.asarray(here))
    np.testing.assert_array_equal(decoders.square(path, 16, LIMIT), decode(path, 16))
    assert decoders.fitted(path, 128, LIMIT).shape == (30, 40, 3)


def test_a_file_that_was_exchanged_harms_no_page(decoders: Decoders, tmp_path: Path) -> None:
    bomb, endless, whole = (tmp_path / name for name in ("bomb.png", "endless.png", "a.png"))
    bomb.write_bytes(png(6_000, 6_000))
    os.mkfifo(endless)  # nobody ever writes into it
    whole.write_bytes(png(4, 3))
    hasty = Decoders(0.5, 10**9, 1)

    for path, limit in ((bomb, LIMIT), (whole, 11), (tmp_path / "absent.png", LIMIT)):
        with pytest.raises(InvalidImageError, match=path.name):
            decoders.fitted(path, 16, limit)
    with pytest.raises(InvalidImageError, match="seconds"):
        hasty.square(endless, 16, LIMIT)
    hasty.close()

    assert decoders.square(whole, 16, LIMIT).shape == (16, 16, 3)


def test_what_the_server_shows_of_a_data_set_is_decoded_apart() -> None:
    """Its files may have changed since the scan: the server itself opens none of them."""
    found = []
    for folder in ("core/ui", "core/charts", "core/evaluation", "core/team", "pages"):
        for path in (APP_ROOT / folder).rglob("*.py"):
            names = {
                name.name
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.ImportFrom) and node.module == "core.datasets.decode"
                for name in node.names
            }
            found += [
                f"{path.name}: {name}" for name in names & {"decode", "decode_bytes", "open_rgb"}
            ]

    assert found == []
