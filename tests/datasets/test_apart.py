"""Images that nobody vouches for are decoded in processes that may die without harm."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.datasets.apart import Decoders
from core.datasets.decode import decode_bytes
from core.datasets.facts import inspect
from core.errors import InvalidImageError
from tests.datasets.pictures import jpeg

LIMIT = 10**8


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(20, 500_000_000, 1)
    yield made
    made.close()


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), (200, 40, 40, 90)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def children() -> list[psutil.Process]:
    found = psutil.Process().children()
    return [p for p in found if "core.datasets.apart_process" in p.cmdline()]


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


def test_an_image_that_takes_too_long_ends_the_process_alone(tmp_path: Path) -> None:
    hasty = Decoders(0.0, 10**9, 1)
    path = tmp_path / "a.png"
    path.write_bytes(png(4, 3))

    with pytest.raises(InvalidImageError, match="seconds"):
        hasty.decode(png(4, 3), "slow.png", 16, LIMIT)

    assert [facts.issues for facts in hasty.inspect([path, path], LIMIT)] == ["unreadable"] * 2
    assert children() == []


def test_a_process_that_died_is_replaced(decoders: Decoders) -> None:
    decoders.decode(png(4, 3), "a.png", 16, LIMIT)
    (child,) = children()
    child.kill()
    child.wait()

    assert decoders.decode(png(4, 3), "a.png", 16, LIMIT).shape == (16, 16, 3)


def test_the_process_knows_no_secrets_and_writes_no_files(
    decoders: Decoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_DATABASE", "postgresql://app:kept-to-itself@db/team")
    decoders.decode(png(4, 3), "a.png", 16, LIMIT)
    (child,) = children()

    assert "kept-to-itself" not in str(child.environ())
    assert child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_AS)[0] == 500_000_000
    assert child.ppid() == os.getpid()
