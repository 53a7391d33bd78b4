"""How fast is the scan of a large data set, and how much memory does it take?

Run `python -m benchmarks.scan --images 25000`. It makes JPEGs of the size that Kaggle's cats and
dogs have, scans them, and decodes them plainly with Pillow on all cores. Both take turns, a
thousand images at a time, each first every other time, so that whatever else the machine does
meets both; every turn counts.

The plain decoding opens each file and decodes it to RGB at its full size, in threads of this
process, as a loop over a folder would: no hash, no picture, no protection. The scan is the
product's own (`core.datasets.scan.read_files`): facts, health, SHA-256 and the small picture of
each file, read in processes that a hostile file may take down. They are started before the first
turn, as they stand in a server. The search for copies is the rest of an import's scan: the manifest
and its groups. The last line is JSON:
    images: how many.
    images_per_s: of the scan.
    ratio_to_pillow: time of the scan over time of the plain decoding, whole over whole.
    ratio_spread: the same for single turns: the tenth part that is lowest ends here, and the tenth
        that is highest begins here.
    cpu_ratio: as `ratio_to_pillow`, in seconds of processor time, all processes together.
    copies_s: seconds of the search for copies after it, over all pairs of images.
    ratio_with_copies: as `ratio_to_pillow`, with that search as part of the scan.
    peak_rss_mb: largest resident memory of this process, all of this in it, and what the processes
        that decode hold at its end.
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
from typing import Any

import numpy as np
import psutil
from PIL import Image

from core.datasets.facts import FileFacts
from core.datasets.layout import FoundImage
from core.datasets.scan import manifest_of, read_files

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


def scanned(paths: Sequence[Path]) -> list[FileFacts]:
    """Facts, health, hash of the bytes and the small picture of each file."""
    return read_files(paths, 10**8, lambda done, total: None)


def searched(paths: Sequence[Path], facts: Sequence[FileFacts]) -> None:
    """Makes the manifest and searches all of it for copies."""
    images = [FoundImage(path.name, "one", "") for path in paths]
    manifest_of(paths[0].parent, images, ["one"], 10**8, facts)


def seconds(work: Callable[[], object]) -> Array:
    """How long a call takes: by the clock, and of the processor, in all processes."""
    clock, processor = time.perf_counter(), processor_seconds()
    work()
    return np.array([time.perf_counter() - clock, processor_seconds() - processor])


def processor_seconds() -> float:
    """Of this process and those that it has started, which all live on."""
    times = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return time.process_time() + float(sum(each.user + each.system for each in times))


def resident_mb() -> int:
    """The most that this process has held, and what those that it has started hold now."""
    children = psutil.Process().children(recursive=True)
    bytes_there = sum(process.memory_info().rss for process in children)
    largest = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return round(largest / 1000 + float(bytes_there) / 1e6)


def take_turns(paths: Sequence[Path]) -> tuple[Array, Array, list[FileFacts]]:
    """Decodes and scans all files.

    Returns:
        float64 `(turns, 2)` each: seconds by the clock and of the processor, of plain decoding and
        of the scan; and what the scan has found.
    """
    plain, scanning, facts = [], [], []
    for turn, start in enumerate(range(0, len(paths), TURN)):
        part = paths[start : start + TURN]

        def scan(part: Sequence[Path] = part) -> None:
            facts.extend(scanned(part))

        if turn % 2:
            scanning.append(seconds(scan))
        plain.append(seconds(lambda part=part: plain_decoding(part)))  # type: ignore[misc]
        if not turn % 2:
            scanning.append(seconds(scan))
    return np.array(plain), np.array(scanning), facts


def main() -> None:
    """Makes the set, scans, decodes, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=25_000)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as name:
        paths = make_images(Path(name), count)
        size = sum(path.stat().st_size for path in paths) / count / 1000
        print(f"{count:,} JPEGs of {SIZE[0]} x {SIZE[1]} px, {size:.0f} kB each")
        scanned(paths[: 8 * (os.cpu_count() or 1)])
        plain, scanning, facts = take_turns(paths)
        copies_s = seconds(lambda: searched(paths, facts))[0]
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
        "peak_rss_mb": resident_mb(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
