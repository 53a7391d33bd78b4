"""How much sooner are photographs of 12 megapixels imported and read for a pass?

Run `python -m benchmarks.photos`. It draws JPEGs as a phone writes them, 4,000 x 3,000 px: shapes
and skies out of focus, with texture in a part of the picture. A zip of them is imported (unpacked,
hashed, scanned in processes that may die, searched for near-duplicates, written as a data set),
and every file is decoded to the square that the head's pass takes, hash and all.

Plain Pillow does less with the same zip: it unpacks it with `zipfile`, opens every file and decodes
it to RGB at its full size, and resizes that to the 64 px of a fingerprint, or for the pass to the
model's square. Both use all cores and take turns, a part of the photographs at a time; each is
first every other time. The last line is JSON:
    images: how many photographs.
    megabytes: of one file, in the mean.
    import_ratio: time of plain Pillow over the product's, by the clock.
    pass_ratio: the same for the decoding part of the pass.
    import_cpu_ratio, pass_cpu_ratio: the same in processor time, all processes together.
    mean_difference: of the pass's squares from those of plain Pillow, of 255; the mean of all.
    largest_mean_difference: that of the photograph where it is largest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.scan import picture, scanned, seconds
from core.datasets.importing import import_zip
from core.datasets.scanned import ScannedImage
from core.settings import Settings

Array = np.ndarray[Any, Any]
SIZE = (4000, 3000)
QUALITY = 88
# Share of the picture that has texture as fine as its pixels.
TEXTURED = 0.3
PRINT_SIDE = 64
# Photographs of one turn: each is imported as a data set of its own.
TURN = 40
CLASSES = ("cat", "dog")


def photograph(seed: int) -> Image.Image:
    """Draw soft shapes, and sharp ones with texture in a part of them."""
    random = np.random.default_rng(seed)
    soft = picture(seed).resize(SIZE, Image.Resampling.BICUBIC)
    width, height = SIZE[0], int(TEXTURED * SIZE[1])
    noise = Image.fromarray(random.integers(0, 256, (height // 2, width // 2), dtype=np.uint8))
    texture = noise.resize((width, height), Image.Resampling.BICUBIC).convert("RGB")
    top = int(random.integers(0, SIZE[1] - height))
    ground = soft.crop((0, top, width, top + height))
    soft.paste(Image.blend(ground, texture, 0.15), (0, top))
    return soft


def make_zips(folder: Path, count: int) -> list[Path]:
    """Write the photographs into zips of one turn each, in folders of two classes."""

    def draw(number: int) -> Path:
        path = folder / f"{number:04d}.jpg"
        photograph(number).save(path, "JPEG", quality=QUALITY)
        return path

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        paths = list(pool.map(draw, range(count)))
    zips = []
    for start in range(0, count, TURN):
        zips.append(folder / f"{start:04d}.zip")
        with zipfile.ZipFile(zips[-1], "w", zipfile.ZIP_STORED) as archive:
            for number, path in enumerate(paths[start : start + TURN]):
                archive.write(path, f"{CLASSES[number % 2]}/{path.name}")
                path.unlink()
    return zips


def plain_squares(paths: Sequence[Path], side: int) -> list[Array]:
    """Decode at full size and resize, on all cores."""

    def square(path: Path) -> Array:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(square, paths))


def plain_import(archive: Path, folder: Path) -> None:
    """Unpack and look at every file."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    plain_squares(files_below(folder), PRINT_SIDE)


def product_squares(files: Sequence[ScannedImage], side: int) -> list[Array]:
    """Decode as the pass does, on all cores."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(lambda file: file.decode(side), files))


def files_below(folder: Path) -> list[Path]:
    """The photographs, in order."""
    return sorted(folder.rglob("*.jpg"))


def one_turn(archive: Path, folder: Path, side: int, first: bool) -> tuple[Array, list[float]]:
    """Import and decode one zip in both ways.

    Returns:
        float64 `(import or pass, plain or product, clock or processor)` in seconds; and the mean
        difference of each square.
    """
    settings = replace(Settings.from_environment(), workspace=folder / "workspace")
    unpacked = folder / archive.stem

    def product() -> None:
        import_zip(archive, archive.stem, settings, lambda done, total: None)

    def plain() -> None:
        plain_import(archive, unpacked)

    imported = in_turn(plain, product, first)
    paths = files_below(unpacked)
    files = [scanned_file(path) for path in paths]
    squares: dict[str, list[Array]] = {}
    passed = in_turn(
        lambda: squares.update(plain=plain_squares(paths, side)),
        lambda: squares.update(product=product_squares(files, side)),
        first,
    )
    pairs = zip(squares["plain"], squares["product"], strict=True)
    differences = [float(np.abs(one.astype(int) - two).mean()) for one, two in pairs]
    return np.array([imported, passed]), differences


def in_turn(
    plain: Callable[[], object], product: Callable[[], object], plain_first: bool
) -> list[Array]:
    """Seconds of both, one after the other."""
    order = (plain, product) if plain_first else (product, plain)
    taken = [seconds(work) for work in order]
    return taken if plain_first else taken[::-1]


def scanned_file(path: Path) -> ScannedImage:
    """A file as its scan writes it down."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return ScannedImage(str(path.parent), path.name, digest, len(data))


def main() -> None:
    """Draw, import, decode, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--side", type=int, default=224, help="of the pass's square, in pixels")
    arguments = parser.parse_args()
    times, differences = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zips = make_zips(folder, arguments.images)
        size = sum(path.stat().st_size for path in zips) / arguments.images / 1e6
        print(f"{arguments.images} JPEGs of {SIZE[0]} x {SIZE[1]} px, {size:.1f} MB each")
        # The processes that decode stand before the first turn, as in a server.
        scanned([Path(__file__)] * 8 * (os.cpu_count() or 1))
        for turn, archive in enumerate(zips):
            taken, differing = one_turn(archive, folder, arguments.side, turn % 2 == 0)
            times.append(taken)
            differences += differing
            print(
                f"{archive.stem}: import, pass; plain, product; seconds: {taken[..., 0].round(2)}"
            )
    clock, processor = np.moveaxis(np.sum(times, axis=0), -1, 0)
    report = {
        "images": arguments.images,
        "megabytes": round(size, 2),
        "import_ratio": round(clock[0, 0] / clock[0, 1], 2),
        "pass_ratio": round(clock[1, 0] / clock[1, 1], 2),
        "import_cpu_ratio": round(processor[0, 0] / processor[0, 1], 2),
        "pass_cpu_ratio": round(processor[1, 0] / processor[1, 1], 2),
        "mean_difference": round(float(np.mean(differences)), 3),
        "largest_mean_difference": round(max(differences), 3),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
