"""Copies and near copies: found whatever was done to them, and nothing else is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance, ImageOps

from core.datasets.alignment import UNCHANGED, laid_over, refined
from core.datasets.copies import mark_copies
from core.datasets.facts import inspect
from core.datasets.layout import FoundImage
from core.datasets.near_duplicates import Search
from core.datasets.scan import read_details, scan
from core.datasets.sieve import candidates, fingerprints
from tests.datasets.pictures import encoded, picture, silent, write_folder

COUNT = 12


def scenes() -> list[Image.Image]:
    """Pictures of coarse and fine shapes, no two alike."""
    made = []
    for seed in range(COUNT):
        coarse = picture(seed, (160, 120))
        noise = np.random.default_rng(seed).integers(0, 256, (15, 20, 3), dtype=np.uint8)
        fine = Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC)
        made.append(Image.blend(coarse, fine, 0.4))
    return made


def compressed(image: Image.Image) -> bytes:
    return encoded(image, "JPEG", quality=30)


def saved(change: Callable[[Image.Image], Image.Image]) -> Callable[[Image.Image], bytes]:
    return lambda image: encoded(change(image), "PNG")


CHANGES = {
    "half size": saved(lambda image: image.resize((80, 60))),
    "compressed": compressed,
    "cropped": saved(lambda image: image.crop((4, 1, 156, 115))),
    "mirrored": saved(ImageOps.mirror),
    "brighter": saved(lambda image: ImageEnhance.Brightness(image).enhance(1.15)),
}


def pairs_among(folder: Path, files: dict[str, bytes]) -> list[list[int]]:
    write_folder(folder, files)
    facts = [inspect(folder / name, 10**8) for name in files]
    looks = np.stack([fact.small for fact in facts])
    paths = [folder / name for name in files]
    return (
        Search(
            looks,
            np.array([f.tint for f in facts]),
            np.zeros(len(paths), np.int64),
            lambda rows: read_details([paths[row] for row in rows], 10**8),
        )
        .pairs()[0]
        .tolist()
    )


def small_search(looks: np.ndarray) -> Search:
    """Of images that have no more detail than their small pictures."""
    return Search(
        looks,
        np.zeros((len(looks), 2), np.float32),
        np.zeros(len(looks), np.int64),
        lambda rows: looks[rows].repeat(2, axis=1).repeat(2, axis=2),
    )


def similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    warp = refined(first, second, np.tile(UNCHANGED, (len(first), 1)))
    return laid_over(first, second, warp)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_changed_copy_is_found_and_no_stranger(kind: str, tmp_path: Path) -> None:
    originals = {f"{i:02d}.png": encoded(image, "PNG") for i, image in enumerate(scenes())}
    copies = {f"{i:02d}-copy": CHANGES[kind](image) for i, image in enumerate(scenes())}

    pairs = pairs_among(tmp_path, originals | copies)

    assert pairs == [[i, COUNT + i] for i in range(COUNT)]


def test_the_same_drawing_in_another_colour_is_another_picture(tmp_path: Path) -> None:
    grey = scenes()[0].convert("L")
    colours = [ImageOps.colorize(grey, "black", colour) for colour in ("yellow", "lime", "lime")]
    files = {f"{i}.png": encoded(image, "PNG") for i, image in enumerate(colours)}

    assert pairs_among(tmp_path, files) == [[1, 2]]


def test_the_sieve_knows_a_mirror_image_from_a_copy() -> None:
    looks = np.stack([np.asarray(s.resize((64, 64)).convert("L")) for s in scenes()[:2]])
    prints = fingerprints(np.concatenate([looks, looks[:1], looks[1:, :, ::-1]]))

    upright, mirrored = next(candidates(prints))

    assert (prints.sum(axis=2) == 128).all()
    assert upright.tolist() == [[0, 2]]
    assert mirrored.tolist() == [[1, 3]]


def test_fine_texture_fits_once_it_is_laid_right() -> None:
    grains = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    whole = Image.fromarray(grains).resize((400, 400), Image.Resampling.BICUBIC)
    cut = whole.crop((7, 3, 387, 383))
    looks = np.stack([np.asarray(i.resize((64, 64))) for i in (whole, cut)])

    assert similarity(looks[:1], looks[1:])[0] > 0.98


def test_a_shifted_picture_fits_once_it_is_laid_right() -> None:
    whole = np.asarray(picture(3, (80, 80)).convert("L"))
    looks = np.stack([whole[:64, :64], whole[3:67, 2:66]])

    found = similarity(looks[[0, 0]], looks[[1, 0]])

    as_it_is = np.corrcoef(looks[0].ravel(), looks[1].ravel())[0, 1]
    assert found[0] > 0.99 > as_it_is
    assert found[1] == pytest.approx(1, abs=1e-4)


def test_empty_pictures_are_like_nothing() -> None:
    looks = np.full((2, 64, 64), 255, np.uint8)

    assert len(small_search(looks).pairs()[0]) == 0


def test_a_burst_among_others_is_one_group() -> None:
    scene = np.asarray(scenes()[0].resize((64, 64)).convert("L"), dtype=np.int16)
    noise = np.random.default_rng(0).integers(-3, 4, (10, 64, 64))
    shots = np.clip(scene + noise, 0, 255).astype(np.uint8)
    others = [np.asarray(picture(i, (64, 64)).convert("L")) for i in range(100, 260)]

    group = small_search(np.concatenate([shots, others])).groups()

    assert set(group[:10]) == {1}
    assert not group[10:].any()


def test_no_images_have_no_copies() -> None:
    looks = np.zeros((0, 64, 64), np.uint8)

    assert small_search(looks).groups().shape == (0,)


def scanned(folder: Path, files: dict[str, bytes]) -> pd.DataFrame:
    write_folder(folder, files)
    found = [FoundImage(path, path.split("/")[1], path.split("/")[0]) for path in files]
    manifest = scan(folder, found, ("cat", "dog"), 10**8, silent)
    return mark_copies(manifest).set_index("path")


def test_groups_and_marks_say_where_the_copies_are(tmp_path: Path) -> None:
    image = [encoded(scene, "PNG") for scene in scenes()]
    half = [CHANGES["half size"](scene) for scene in scenes()]
    table = scanned(
        tmp_path,
        {
            "train/cat/alone.png": image[0],
            "train/cat/a.png": image[1],
            "train/cat/a again.png": image[1],
            "train/cat/b.png": image[2],
            "test/cat/b small.png": half[2],
            "train/cat/c.png": image[3],
            "train/dog/c small.png": half[3],
            "train/dog/d.png": image[4],
            "test/dog/d.png": image[4],
        },
    )

    assert table["issues"].to_dict() == {
        "train/cat/alone.png": "",
        "train/cat/a.png": "duplicate",
        "train/cat/a again.png": "duplicate",
        "train/cat/b.png": "near_leak",
        "test/cat/b small.png": "near_leak",
        "train/cat/c.png": "near_duplicate;two_classes",
        "train/dog/c small.png": "near_duplicate;two_classes",
        "train/dog/d.png": "leak",
        "test/dog/d.png": "leak",
    }
    assert table["group"].tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_marks_are_written_anew_when_images_move(tmp_path: Path) -> None:
    image = encoded(scenes()[0], "PNG")
    table = scanned(tmp_path, {"train/cat/a.png": image, "test/cat/b.png": image}).reset_index()

    together = mark_copies(table.assign(split="train"))
    apart = mark_copies(together.assign(usable=[True, False]))

    assert together["issues"].tolist() == ["duplicate", "duplicate"]
    assert apart["issues"].tolist() == ["", ""]


def test_tiny_images_need_equal_pixels(tmp_path: Path) -> None:
    tiny = [encoded(scene.resize((12, 12)), "PNG") for scene in scenes()]
    table = scanned(
        tmp_path,
        {
            "train/cat/a.png": tiny[0],
            "train/cat/b.png": encoded(scenes()[0].resize((12, 12)), "BMP"),
            "train/dog/c.png": tiny[1],
            "train/dog/d.png": tiny[1],
            "train/dog/e.png": encoded(scenes()[1].resize((11, 12)), "PNG"),
        },
    )

    assert table["group"].tolist() == [1, 1, 2, 2, 0]
