"""How the pass over the images and the store grow with the number of images.

Run `python -m benchmarks.growth [--images 1000 5000 20000]`. Small pictures go through the bundled
backbone; the head's input and the output before the default block are stored, as in a head run.
Every size is a process of its own, so that the highest memory is its own. The last line is JSON:
    images: the sizes.
    seconds, cpu_seconds: of the pass and the store, building the graph included.
    stored_mb: size of what was stored.
    ratio_to_linear: what an image more costs from the second last size to the last, over what it
        costs from the first to the second; 1 is linear. `cpu_ratio_to_linear`: the same by the
        processor's time, which other programs disturb less. Null for fewer than three sizes.
    memory_mb: highest memory of the process, its view of the stored file left out: those pages
        are the system's, which drops them when it needs room. `memory_growth`: the last size's
        over the first's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from core.config import HeadConfig
from core.datasets.scanned import ScannedImage
from core.settings import APP_ROOT

SIZE = 32
SAMPLE_SECONDS = 0.02


def write_images(folder: Path, count: int) -> None:
    """Writes pictures of 40 px that all differ."""
    random = np.random.default_rng(0)
    folder.mkdir()
    for i in range(count):
        coarse = random.integers(0, 256, (5, 5, 3), np.uint8)
        Image.fromarray(coarse).resize((40, 40)).save(folder / f"{i:06d}.png")


def measure(folder: Path, count: int) -> None:
    """Runs one pass and prints its JSON; in a process of its own."""
    from core.backbones.blocks import default_block, find_blocks
    from core.backbones.catalog import CATALOG
    from core.backbones.compose import compose, head_input_name
    from core.backbones.weights import load_backbone
    from core.training.feature_pass import compute_features
    from core.training.feature_store import FeatureStore
    from core.training.forward import ImageList
    from core.training.stage import cut_before

    config, spec = HeadConfig("", "", image_size=SIZE), CATALOG["efficientnet_lite0"]
    model = compose(load_backbone(spec, SIZE, Path()), spec, config, 10)
    blocks = find_blocks(model)
    also = [cut_before(blocks, default_block(blocks, spec.default_block))]
    paths = sorted((folder / "images").iterdir())[:count]
    images = ImageList([_scanned(path) for path in paths])
    store = FeatureStore(folder / f"features-{count}")
    memory = [_memory()]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            memory.append(_memory())

    threading.Thread(target=watch, daemon=True).start()
    began, cpu = time.perf_counter(), time.process_time()
    file, more = compute_features(
        model, head_input_name(config), images, store, lambda done, total: None, also
    )
    result = {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "stored_mb": round(sum(f.bytes for f in (file, *more)) / 1e6, 1),
    }
    ended.set()
    print(json.dumps({**result, "memory_mb": round(max(memory), 1)}))


def _scanned(path: Path) -> ScannedImage:
    data = path.read_bytes()
    return ScannedImage(str(path.parent), path.name, sha256(data).hexdigest(), len(data))


def _memory() -> float:
    """Resident memory that belongs to no file, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError("this system does not tell a process' own memory")


def ratio_to_linear(sizes: Sequence[int], seconds: Sequence[float]) -> float | None:
    """Cost of one image more between the last two sizes over that between the first two."""
    if len(sizes) < 3:
        return None
    slopes = np.diff(seconds) / np.diff(sizes)
    return round(float(slopes[-1] / slopes[0]), 3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures every size, prints a table, then the JSON."""
    parser = argparse.ArgumentParser(description="How the pass grows with the number of images.")
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 5_000, 20_000])
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        measure(Path(options.measure), options.images[0])
        return
    sizes, rows = sorted(options.images), []
    with tempfile.TemporaryDirectory() as name:
        write_images(Path(name) / "images", sizes[-1])
        for count in sizes:
            command = ["-m", "benchmarks.growth", "--measure", name, "--images", str(count)]
            done = subprocess.run(
                [sys.executable, *command],
                cwd=APP_ROOT,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            row = json.loads(done.stdout.splitlines()[-1])
            rows.append(row)
            print(
                f"{count:7,} images: {row['seconds']:8.2f} s, {row['cpu_seconds']:8.2f} s of the "
                f"processor, {row['stored_mb']:7.1f} MB stored, {row['memory_mb']:7.1f} MB memory",
                flush=True,
            )
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    result = {
        "images": sizes,
        **columns,
        "ratio_to_linear": ratio_to_linear(sizes, columns["seconds"]),
        "cpu_ratio_to_linear": ratio_to_linear(sizes, columns["cpu_seconds"]),
        "memory_growth": round(columns["memory_mb"][-1] / columns["memory_mb"][0], 3),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
