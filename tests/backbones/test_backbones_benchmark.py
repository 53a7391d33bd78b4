"""The benchmark's table and its last line."""

import json

import pytest

from benchmarks.backbones import main, taps
from core.backbones.block import Block
from core.backbones.catalog import CATALOG
from core.config import HeadConfig


def test_each_block_is_fed_by_the_one_before_it() -> None:
    blocks = [Block(n, (f"{n}_conv", f"{n}_out"), 1, 0, 0, 0, 1, (2, 2, 3)) for n in ("a", "b")]

    got = list(taps(blocks, HeadConfig("", "")))

    assert got == [("a", "image"), ("b", "a_out"), ("head", "head_pool")]


@pytest.mark.slow
def test_the_last_line_has_every_cut(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--image-size", "32", "--images", "16", "--epochs", "1"]
    main(["--backbones", "vgg16", *options])

    *table, last = capsys.readouterr().out.strip().splitlines()
    measured = json.loads(last)["backbones"]["vgg16"]
    assert measured["parameters"] == CATALOG["vgg16"].parameters
    assert list(measured["cuts"]) == [*(f"block{i}" for i in range(1, 6)), "head"]
    assert measured["cuts"]["block2"]["bytes"] == 16 * 16 * 64 * 4
    assert measured["cuts"]["block1"]["bytes"] == 32 * 32 * 3
    assert len(table) == 1 + 6
