"""Are near copies found, and only they?

Run `python -m benchmarks.leaks`. It takes the bundled clip art and generated pictures, plants one
changed copy of each, and searches all pairs. The last line is JSON:
    kinds: by kind of change, `recall`, the share of planted copies that are found, and `precision`,
        the share of found pairs that are right. A pair counts as right only where it joins a
        picture with its own planted copy, or two drawings that the clip art itself has twice
        (`_VARIANTS`, looked at by eye).
    drawings: the same for pairs with a drawing of the clip art alone, which are harder to tell
        apart than generated pictures, and `strict`, their precision where those that the clip
        art has twice count as wrong.
    pictures: how many.
    seconds: of the search, all kinds.
"""

from __future__ import annotations

import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from benchmarks.scan import picture
from core.datasets.bundled import CLIPART
from core.datasets.copies import near_pairs
from core.datasets.decode import open_rgb
from core.datasets.scan import read_files
from core.datasets.sieve import fingerprints

GENERATED = 500
# Drawings that the clip art holds in two versions which differ in details only.
_VARIANTS = {
    ("bee1_mimooh_01.jpg", "bee2_mimooh_01.jpg"),
    ("turkey_platter_01_with_fruit_and_vegitables_01.jpg", "turkey_on_platter_01.jpg"),
    ("sleeping_bear_under_sta_01.jpg", "sleeping_bear_under_sta_02.jpg"),
    ("apple_bitten_dan_gerhard_01.jpg", "apple_with_worm_dan_gerh_01.jpg"),
    ("gumnut_black_01.jpg", "gumnut_shaded_01.jpg"),
    ("sleeping_cat_rgolan_sup_r.jpg", "sleeping_cat_ron_golan_01.jpg"),
    ("double_note_jean-victor__01.jpg", "double_note_two_jean-vic_01.jpg"),
}


def _saved(image: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _cropped(image: Image.Image) -> Image.Image:
    """Without 5 % of its width and height, cut anywhere."""
    random = np.random.default_rng(image.width * image.height)
    width, height = round(image.width * 0.95), round(image.height * 0.95)
    left = int(random.integers(0, image.width - width + 1))
    top = int(random.integers(0, image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


KINDS: dict[str, Callable[[Image.Image], bytes]] = {
    "half_size": lambda image: _saved(image.resize((image.width // 2, image.height // 2))),
    "quality_30": lambda image: _saved(image, 30),
    "crop_5": lambda image: _saved(_cropped(image)),
    "flip": lambda image: _saved(ImageOps.mirror(image)),
    "brightness_15": lambda image: _saved(ImageEnhance.Brightness(image).enhance(1.15)),
}


def originals(folder: Path) -> list[Path]:
    """Writes the pictures that copies are made of."""
    with zipfile.ZipFile(CLIPART) as archive:
        images = [n for n in archive.namelist() if n.endswith((".jpg", ".png"))]
        archive.extractall(folder, images)
    generated = [folder / f"generated-{i:04d}.jpg" for i in range(GENERATED)]
    for i, path in enumerate(generated):
        path.write_bytes(_saved(picture(i)))
    return [folder / name for name in images] + generated


def search(paths: list[Path]) -> np.ndarray:
    """Indices of the pairs that are found."""
    facts = read_files(paths, 10**8, lambda done, total: None)
    small = np.array([fact.small for fact in facts])
    return near_pairs(fingerprints(small), small, np.array([fact.tint for fact in facts]))


def score(pairs: np.ndarray, paths: list[Path]) -> dict[str, float]:
    """Recall and precision, strict and not.

    Args:
        pairs: Indices that the search has found.
        paths: Pictures, then their copies in the same order.
    """
    count = len(paths) // 2
    own = variants = planted = 0
    for i, j in pairs.tolist():
        names = (paths[i % count].name, paths[j % count].name)
        planted += j - i == count
        own += i % count == j % count
        variants += names in _VARIANTS or names[::-1] in _VARIANTS
    rates = (planted / count, (own + variants) / len(pairs), own / len(pairs))
    return dict(zip(("recall", "precision", "strict"), (round(r, 4) for r in rates), strict=True))


def of_first(pairs: np.ndarray, paths: list[Path], many: int) -> dict[str, float]:
    """The score of the first pictures alone, and of their copies."""
    count = len(paths) // 2
    kept = pairs[(pairs % count < many).all(axis=1)]
    renumbered = kept - np.where(kept >= count, count - many, 0)
    return score(renumbered, paths[:many] + paths[count : count + many])


def main() -> None:
    """Plants each kind by itself, searches, reports."""
    kinds, drawings, seconds = {}, {}, 0.0
    with tempfile.TemporaryDirectory() as name:
        paths = originals(Path(name))
        for kind, change in KINDS.items():
            copied = [Path(name) / f"{kind}-{i:04d}.jpg" for i in range(len(paths))]
            for path, copy in zip(paths, copied, strict=True):
                copy.write_bytes(change(open_rgb(path.read_bytes(), path.name)))
            start = time.perf_counter()
            pairs = search(paths + copied)
            seconds += time.perf_counter() - start
            kinds[kind] = score(pairs, paths + copied)
            del kinds[kind]["strict"]
            drawings[kind] = of_first(pairs, paths + copied, len(paths) - GENERATED)
            print(kind, kinds[kind], "drawings alone", drawings[kind])
    report = {"kinds": kinds, "drawings": drawings, "pictures": len(paths)}
    print(json.dumps({**report, "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main()
