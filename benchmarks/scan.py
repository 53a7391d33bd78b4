"""How fast is the scan of a large data set, and how much memory does it take?

Run `python -m benchmarks.scan --images 25000`. It makes JPEGs of the size that Kaggle's cats and
dogs have, scans them, and decodes them plainly with Pillow on all cores. Both take turns, a
thousand images at a time, each first every other time, so that whatever else the machine does
meets both; every turn counts. The last line is JSON:
    images: how many.
    images_per_s: of the scan.
    ratio_to_pillow: time of the scan over time of the plain decoding, whole over whole.
    ratio_spread: the same for single turns: the tenth part that is lowest ends here, and the tenth
        that is highest begins here.
    cpu_ratio: as `ratio_to_pillow`, in seconds of processor time.
    copies_s: seconds of the search for near copies after it, over all pairs of images.
    ratio_with_copies: as `ratio_to_pillow`, with that search as part of the scan.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.datasets.near_duplicates import Search
from core.datasets.scan import read_details, read_files

Array = np.ndarray[Any, Any]
# Width and height of a typical file there, and what its JPEG takes at this quality: 20 to 25 kB.
SIZE = (400, 350)
QUALITY = 88
# Files that a thread gets at once, and images of one turn.
PART = 16
TURN = 1000


def make_images(folder: Path, count: int) -> list[Path]:
    """Writes the pictures as JPEGs."""
    paths = [folder / f"{i:05d}.jpg" for i in range(count)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        list(pool.map(lambda i: picture(i).save(paths[i], "JPEG", quality=QUALITY), range(count)))
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
    """What there is to beat: open and load, on all cores, nothing else.

    The threads get their files in parts, as the scan's do: file by file takes a tenth longer.
    """

    def load(part: Sequence[Path]) -> None:
        for path in part:
            with Image.open(path) as opened:
                opened.load()

    parts = [paths[start : start + PART] for start in range(0, len(paths), PART)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        list(pool.map(load, parts))


@dataclass
class Scan:
    """What the scan has found so far."""

    paths: list[Path] = field(default_factory=list)
    small: list[Array] = field(default_factory=list)
    tints: list[Array] = field(default_factory=list)

    def look(self, paths: Sequence[Path]) -> None:
        """Facts, health, hash of the bytes, and the small picture."""
        facts = read_files(paths, 10**8, lambda done, total: None)
        self.small.append(np.array([fact.small for fact in facts]))
        self.tints.append(np.array([fact.tint for fact in facts]))
        self.paths += paths

    def pairs(self) -> Array:
        """Searches all of it for near copies."""
        small, tints = np.concatenate(self.small), np.concatenate(self.tints)
        classes = np.zeros(len(small), np.int64)

        def details(rows: Array) -> Array:
            return read_details([self.paths[row] for row in rows], 10**8)

        return Search(small, tints, classes, details).pairs()[0]


def seconds(work: Callable[[], object]) -> Array:
    """How long a call takes: by the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return np.array([time.perf_counter() - clock, time.process_time() - processor])


def take_turns(paths: Sequence[Path], scan: Scan) -> tuple[Array, Array]:
    """Decodes and scans all files.

    Returns:
        float64 `(turns, 2)` each: seconds by the clock and of the processor, of plain decoding and
        of the scan.
    """
    plain, scanning = [], []
    for turn, start in enumerate(range(0, len(paths), TURN)):
        part = paths[start : start + TURN]
        if turn % 2:
            scanning.append(seconds(lambda part=part: scan.look(part)))  # type: ignore[misc]
        plain.append(seconds(lambda part=part: plain_decoding(part)))  # type: ignore[misc]
        if not turn % 2:
            scanning.append(seconds(lambda part=part: scan.look(part)))  # type: ignore[misc]
    return np.array(plain), np.array(scanning)


def main() -> None:
    """Makes the set, scans, decodes, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=25_000)
    count = parser.parse_args().images
    scan = Scan()
    with tempfile.TemporaryDirectory() as name:
        paths = make_images(Path(name), count)
        size = sum(path.stat().st_size for path in paths) / count / 1000
        print(f"{count:,} JPEGs of {SIZE[0]} x {SIZE[1]} px, {size:.0f} kB each")
        plain, scanning = take_turns(paths, scan)
        copies_s = seconds(scan.pairs)[0]
    (plain_s, plain_cpu), (scan_s, scan_cpu) = plain.sum(axis=0), scanning.sum(axis=0)
    print(f"plain decoding {plain_s:.1f} s, scan {scan_s:.1f} s, copies {copies_s:.1f} s")
    low, high = np.quantile(scanning[:, 0] / plain[:, 0], (0.1, 0.9))
    report = {
        "images": count,
        "images_per_s": round(count / scan_s, 1),
        "ratio_to_pillow": round(scan_s / plain_s, 3),
        "ratio_spread": [round(low, 3), round(high, 3)],
        "cpu_ratio": round(scan_cpu / plain_cpu, 3),
        "copies_s": round(copies_s, 2),
        "ratio_with_copies": round((scan_s + copies_s) / plain_s, 3),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
