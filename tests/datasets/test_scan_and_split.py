"""What the scan says of a file, how images are divided, and the bundled samples."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.datasets.bundled import load_bundled
from core.datasets.facts import inspect
from core.datasets.health import ISSUES
from core.datasets.manifest import COLUMNS, manifest_version
from core.datasets.split import complete_splits
from core.errors import DatasetError
from core.settings import Settings
from tests.datasets.pictures import encoded, jpeg, picture


def facts(path: Path, data: bytes) -> dict[str, object]:
    path.write_bytes(data)
    return dict(zip(COLUMNS[4:], inspect(path, 1_000_000).columns(), strict=True))


def rotated(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture(), exif=exif)


def deep_colour_png() -> bytes:
    """A PNG with 16 bits a channel in colour, which Pillow itself cannot write."""
    rows = b"".join(b"\0" + bytes(range(54)) for _ in range(9))
    header = struct.pack(">IIBBBBB", 9, 9, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


ANIMATION = {"save_all": True, "append_images": [picture(1), picture(2)]}


@pytest.mark.parametrize(
    ("name", "data", "issues"),
    [
        ("fine.jpg", jpeg(), ""),
        ("fine.jpeg", jpeg(), ""),
        ("fine.png", encoded(picture(), "PNG"), ""),
        ("zero.jpg", b"", "zero_bytes"),
        ("page.jpg", b"<html></html>", "not_an_image"),
        ("cut.jpg", jpeg()[:-100], "unreadable"),
        ("huge.png", encoded(Image.new("1", (2000, 2000)), "PNG"), "too_large"),
        ("bomb.png", encoded(Image.new("1", (30_000, 30_000)), "PNG"), "too_large"),
        ("lying.png", jpeg(), "wrong_extension"),
        ("moving.gif", encoded(picture(), "GIF", **ANIMATION), "animated"),
        ("ink.jpg", encoded(picture(mode="CMYK")), "cmyk"),
        (
            "deep.png",
            encoded(Image.fromarray(np.ones((9, 9), np.uint16)), "PNG"),
            "sixteen_bit;blank",
        ),
        ("glass.png", encoded(picture(mode="RGBA"), "PNG"), "transparent"),
        ("turned.jpg", rotated(6), "rotated"),
        ("deep_colour.png", deep_colour_png(), "sixteen_bit"),
        ("long.png", encoded(picture(size=(120, 20)), "PNG"), "elongated"),
        ("white.png", encoded(Image.new("RGB", (40, 40), "white"), "PNG"), "blank"),
        ("phone.jpg", encoded(picture(), "MPO", **ANIMATION), ""),
        ("tiny.png", encoded(picture(size=(5, 5)), "PNG"), "tiny"),
    ],
)
def test_each_issue_is_found(name: str, data: bytes, issues: str, tmp_path: Path) -> None:
    got = facts(tmp_path / name, data)

    assert got["issues"] == issues
    assert got["usable"] == all(ISSUES[code].usable for code in issues.split(";") if code)
    assert got["bytes"] == len(data)


def test_a_turned_image_has_its_upright_size(tmp_path: Path) -> None:
    got = facts(tmp_path / "turned.jpg", rotated(6))

    assert (got["width"], got["height"]) == (30, 40)


def table(per_class: dict[str, int], split: str = "") -> pd.DataFrame:
    rows = [
        (f"{name}/{i:03d}.jpg", name, label, split, 9, 9, 9, "RGB", "JPEG", f"{name}{i}", "", True)
        for label, (name, count) in enumerate(per_class.items())
        for i in range(count)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_splits_are_stratified_and_repeatable() -> None:
    manifest = table({"cat": 100, "dog": 20})

    first, _ = complete_splits(manifest)
    again, _ = complete_splits(manifest.sample(frac=1, random_state=1))
    other, _ = complete_splits(manifest, seed=1)

    counts = first.groupby(["class_name", "split"]).size().to_dict()
    assert counts == {
        ("cat", "train"): 70,
        ("cat", "val"): 15,
        ("cat", "test"): 15,
        ("dog", "train"): 14,
        ("dog", "val"): 3,
        ("dog", "test"): 3,
    }
    by_path = first.set_index("path")["split"]
    assert by_path.equals(again.set_index("path")["split"].reindex(by_path.index))
    assert not by_path.equals(other.set_index("path")["split"])


@pytest.mark.parametrize(("count", "expected"), [(3, (1, 1, 1)), (2, (2, 0, 0)), (1, (1, 0, 0))])
def test_small_classes_keep_training_images(count: int, expected: tuple[int, ...]) -> None:
    divided, _ = complete_splits(table({"rare": count, "common": 50}))
    rare = divided[divided["class_name"] == "rare"]["split"].value_counts()

    assert tuple(int(rare.get(s, 0)) for s in ("train", "val", "test")) == expected


def test_splits_that_are_there_are_kept() -> None:
    manifest = pd.concat([table({"a": 5}, s) for s in ("train", "val", "test")])

    divided, notes = complete_splits(manifest)

    assert notes == []
    assert divided["split"].tolist() == manifest["split"].tolist()


def test_the_version_follows_content_not_names_of_machines() -> None:
    manifest = table({"a": 3, "b": 3}, "train")
    moved = manifest.assign(split=["test", *manifest["split"][1:]])

    assert manifest_version(manifest) == manifest_version(manifest.copy())
    assert manifest_version(manifest) != manifest_version(moved)


def test_the_bundled_samples_have_their_counts(settings: Settings) -> None:
    digits, clipart = (load_bundled(key, settings) for key in ("digits", "clipart"))
    counts = [d.manifest()["split"].value_counts().to_dict() for d in (digits, clipart)]

    assert counts[0] == {"train": 539, "val": 377, "test": 881}
    assert counts[1] == {"train": 263, "val": 79, "test": 178}
    assert clipart.class_names == (
        "bird",
        "bug",
        "dessert",
        "flower",
        "fruit",
        "mammal",
        "music",
        "vehicle",
    )
    assert digits.manifest()["usable"].all()
    assert clipart.manifest()["usable"].all()
    assert load_bundled("digits", settings).version == digits.version


def test_an_unknown_sample_is_refused(settings: Settings) -> None:
    with pytest.raises(DatasetError, match="no sample 'cats'"):
        load_bundled("cats", settings)
