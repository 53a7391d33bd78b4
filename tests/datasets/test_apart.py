"""Images that nobody vouches for are decoded in processes that may die without harm."""

import ast
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.datasets import apart
from core.datasets.apart import Decoders, fitted, square
from core.datasets.decode import decode_bytes, open_rgb
from core.datasets.facts import inspect
from core.errors import InvalidImageError
from core.settings import APP_ROOT, Settings
from tests.datasets.pictures import jpeg
from tests.decoded import scanned
from tests.patience import PATIENCE_S

LIMIT = 10**8
Children = Callable[[], list[psutil.Process]]


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(PATIENCE_S, 500_000_000, 1)
    yield made
    made.close()


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), (200, 40, 40, 90)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def decoding() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it is ending now
            if "core.datasets.apart_process" in process.cmdline():
                found.append(process)
    return found


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


def test_a_machine_that_stands_still_is_no_fault_of_the_image(
    decoders: Decoders, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_SLACK", 10_000)
    decoders.decode(png(4, 3), "a.png", 16, LIMIT)
    decoders._seconds = 0.5
    (child,) = children()
    child.suspend()
    threading.Timer(1.0, child.resume).start()

    assert decoders.decode(png(4, 3), "a.png", 16, LIMIT).shape == (16, 16, 3)
    assert children() == [child]


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


def test_an_image_keeps_its_proportions_where_they_are_asked_for(decoders: Decoders) -> None:
    data = png(40, 30)
    here = open_rgb(data, "a.png")
    here.thumbnail((16, 16))

    np.testing.assert_array_equal(decoders.fitted(data, "a.png", 16, LIMIT), np.asarray(here))
    assert decoders.fitted(data, "a.png", 128, LIMIT).shape == (30, 40, 3)


def test_a_page_shows_a_scanned_file_within_the_limits_alone(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(40, 30))
    assert square(scanned(path), 16).shape == (16, 16, 3)
    assert fitted(scanned(path), 16).size == (16, 12)

    monkeypatch.setenv("UNFREEZE_MAX_PIXELS", "1000")
    for show in (square, fitted):
        with pytest.raises(InvalidImageError, match=r"a\.png has 40 x 30 pixels"):
            show(scanned(path), 16)


# Where bytes become pixels, and by what right.
DECODES = {
    "core/datasets/apart_process.py": "it may die",
    "core/datasets/facts.py": "in that process",
    "core/datasets/scanned.py": "a scan has let them pass",
}
OPENS = {
    "core/datasets/decode.py": "the one decoder",
    "core/datasets/facts.py": "in the process that may die",
    "core/datasets/bundled.py": "what the app brings along",
    "core/ui/data/thumbnails.py": "its own thumbnails",
}


def test_no_image_is_decoded_anywhere_else() -> None:
    decoding, opening = set(), set()
    for path in [*(APP_ROOT / "core").rglob("*.py"), *(APP_ROOT / "pages").glob("*.py")]:
        name = path.relative_to(APP_ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "core.datasets.decode":
                if {"decode_bytes", "fit_bytes", "open_rgb"} & {alias.name for alias in node.names}:
                    decoding.add(name)
            elif isinstance(node, ast.Attribute) and ast.unparse(node) == "Image.open":
                opening.add(name)

    assert decoding <= DECODES.keys()
    assert opening == OPENS.keys()
