"""How fast is the scan of a large data set, and how much memory does it take?

Run `python -m benchmarks.scan --images 25000`. It makes JPEGs of the size that Kaggle's cats and
dogs have, scans them, and decodes them plainly with Pillow on all cores, in the same run. The
last line is JSON:
    images: how many.
    images_per_s: of the scan.
    ratio_to_pillow: time of the scan over time of the plain decoding, the better of two each.
    copies_s: seconds of the search for near copies after it, over all pairs of images.
    peak_rss_mb: largest resident memory of the process, all of this in it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from core.datasets.copies import fingerprints, near_pairs
from core.datasets.scan import read_files

# Width and height of a typical file there, and what its JPEG takes at this quality: 20 to 25 kB.
SIZE = (400, 350)
QUALITY = 88
ROUNDS = 2


def make_images(folder: Path, count: int) -> list[Path]:
    """Writes the pictures as JPEGs."""
    paths = [folder / f"{i:05d}.jpg" for i in range(count)]
    for i, path in enumerate(paths):
        picture(i).save(path, "JPEG", quality=QUALITY)
    return paths


def picture(seed: int) -> Image.Image:
    """Random shapes at several scales, no two alike."""
    random = np.random.default_rng(seed)
    values = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
    for cells, strength in ((4, 0.5), (12, 0.25), (40, 0.15), (160, 0.1)):
        noise = random.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        layer = Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC)
        values += strength * np.asarray(layer, dtype=np.float32)
    return Image.fromarray(values.astype(np.uint8))


def plain_decoding(paths: Sequence[Path]) -> None:
    """What there is to beat: open and load, on all cores, nothing else."""

    def load(path: Path) -> None:
        with Image.open(path) as opened:
            opened.load()

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for _ in pool.map(load, paths):
            pass


def look(paths: Sequence[Path]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The scan: facts, health, hash of the bytes, the small picture and its fingerprints."""
    facts = read_files(paths, 10**8, lambda done, total: None)
    small = np.array([fact.small for fact in facts])
    return fingerprints(small), small, np.array([fact.tint for fact in facts])


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Makes the set, scans, decodes, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=25_000)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as name:
        paths = make_images(Path(name), count)
        size = sum(path.stat().st_size for path in paths) / count / 1000
        print(f"{count:,} JPEGs of {SIZE[0]} x {SIZE[1]} px, {size:.0f} kB each")
        plain, scanning, facts = [], [], []
        for _ in range(ROUNDS):  # in turns, so that neither has the warmer files
            plain.append(seconds(lambda: plain_decoding(paths)))
            scanning.append(seconds(lambda: facts.append(look(paths))))
        print(f"plain decoding {plain} s, scan {scanning} s")
        copies_s = seconds(lambda: near_pairs(*facts[-1]))
    best = min(scanning)
    report = {
        "images": count,
        "images_per_s": round(count / best, 1),
        "ratio_to_pillow": round(best / min(plain), 3),
        "copies_s": round(copies_s, 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
