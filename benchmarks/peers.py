"""The product's forward pass and its whole workflow against PyTorch and ONNX Runtime.

`python -m benchmarks.peers [--python INTERPRETER] [--images N] [--workflow-images N]`

Needs `pip install -r requirements-bench.txt`, here or in the environment of another interpreter; a
peer that is not installed is left out, and said to be. VGG16 at 150 px, the same random weights and
images for all, on the same cores. Each process warms up, then they take turns; of every peer the
best size of batch counts, of the product the size that it uses. The workflow is the article's: ten
head epochs, test, two epochs from the last block, test, as `benchmarks.peer_torch` and as runs of
the product without anything stored.

The last line is JSON:
    pass_rates: images a second by name and size of batch, the median of the rounds.
    pass_ratio: the product's rate over the best peer's; null without a peer.
    difference: largest difference of a peer's features from the product's, over their largest.
    workflow_ratio: PyTorch's time over the product's; null where it was left out.
    left_out: peers that are not installed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.seed_workflow import FINE_TUNE, HEAD, SIZE, make_images, product
from core.config import HeadConfig
from core.settings import APP_ROOT, Settings

BATCHES = (4, 8, 16, 32)
PASS_BATCH = 16  # of `core.training.forward`, which imports TensorFlow
OWN = "product"
PEERS = {"pytorch": "torch", "onnxruntime": "onnxruntime"}
MODULES = {
    OWN: "benchmarks.peer_own",
    "pytorch": "benchmarks.peer_torch",
    "onnxruntime": "benchmarks.peer_onnx",
}
_QUIET = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}


class Contestant:
    """A process that times its pass when it is told to."""

    def __init__(self, name: str, python: str, given: dict[str, Any]) -> None:
        self.rates: dict[str, list[float]] = {}
        self.output = Path(given["weights"]).with_name(f"{name}.npy")
        self._process = subprocess.Popen(
            [python, "-m", MODULES[name], json.dumps({**given, "output": str(self.output)})],
            cwd=APP_ROOT,
            env=_QUIET,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def play(self) -> None:
        """Times one round."""
        if self._process.stdin is None:
            raise RuntimeError("the process takes no requests")
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        for size, rate in json.loads(self._answer()).items():
            self.rates.setdefault(size, []).append(rate)

    def medians(self) -> dict[str, float]:
        """Images a second by size of batch."""
        return {size: round(statistics.median(r), 2) for size, r in self.rates.items()}

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()

    def _answer(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"the process ended with code {self._process.wait()}")
        return line


def installed(python: str) -> list[str]:
    """The peers that an interpreter can import."""
    return [
        name
        for name, module in PEERS.items()
        if not subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode
    ]


def compare_passes(
    folder: Path, peers: Sequence[str], options: argparse.Namespace
) -> tuple[dict[str, dict[str, float]], float | None]:
    """Times the passes in turns; also gives the largest relative difference of features."""
    images = np.random.default_rng(0).integers(0, 256, (options.images, SIZE, SIZE, 3), np.uint8)
    np.save(folder / "images.npy", images)
    given = {
        "images": str(folder / "images.npy"),
        "weights": str(folder / "weights.npz"),
        "batches": [b for b in BATCHES if b <= options.images],
        "size": SIZE,
    }
    playing: dict[str, Contestant] = {}
    try:
        for name in (OWN, *peers):
            python = sys.executable if name == OWN else options.python
            playing[name] = Contestant(name, python, given)
        for _ in range(options.rounds):
            for contestant in playing.values():
                contestant.play()
    finally:
        for contestant in playing.values():
            contestant.close()
    ours = np.load(playing[OWN].output)
    apart = [np.abs(np.load(playing[name].output) - ours).max() for name in peers]
    difference = float(max(apart) / np.abs(ours).max()) if apart else None
    return {name: c.medians() for name, c in playing.items()}, difference


def compare_workflows(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Seconds of the whole workflow, PyTorch's and the product's, one after the other."""
    settings = Settings(workspace=folder / "workspace")
    dataset = make_images(settings, options.workflow_images)
    given = {
        "weights": str(folder / "weights.npz"),
        "folder": str(dataset.root),
        "splits": ["train", "val", "test"],
        "size": SIZE,
        "head": dataclasses.asdict(HEAD),
        "fine_tune": dataclasses.asdict(FINE_TUNE),
    }
    began = time.perf_counter()
    subprocess.run(
        [options.python, "-m", MODULES["pytorch"], json.dumps(given)],
        cwd=APP_ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = {"pytorch": time.perf_counter() - began}
    config = HeadConfig(
        dataset.id,
        dataset.version,
        backbone="vgg16",
        image_size=SIZE,
        head="classic",
        dropout=0.5,
        weights="random",
        training=HEAD,
    )
    return {**seconds, OWN: product(settings, config)["total"]}


def options_from(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="The product against PyTorch and ONNX Runtime.")
    parser.add_argument("--python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--images", type=int, default=64, help="in one round of the pass")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--workflow-images", type=int, default=423, help="train and val together; 0 leaves it out"
    )
    options = parser.parse_args(arguments)
    if options.images < PASS_BATCH:
        parser.error(f"--images should be {PASS_BATCH} or more. Received: {options.images}")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs everything and prints the tables, then the JSON."""
    options = options_from(arguments)
    peers = installed(options.python)
    left_out = sorted(set(PEERS) - set(peers))
    for name in left_out:
        print(f"{name} is not installed for {options.python}: left out")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates, difference = compare_passes(folder, peers, options)
        for who, by_size in rates.items():
            words = "  ".join(f"{rate:6.2f} at batch {size}" for size, rate in by_size.items())
            print(f"{who:12} images/s: {words}")
        seconds = {}
        if "pytorch" in peers and options.workflow_images:
            seconds = compare_workflows(folder, options)
            for who, total in seconds.items():
                print(f"{who:12} workflow of {options.workflow_images} images: {total:.1f} s")
    best = max((rate for name in peers for rate in rates[name].values()), default=None)
    ours = rates[OWN][str(PASS_BATCH)]
    result = {
        "pass_rates": rates,
        "pass_ratio": round(ours / best, 3) if best else None,
        "difference": difference,
        "workflow_ratio": round(seconds["pytorch"] / seconds[OWN], 2) if seconds else None,
        "left_out": left_out,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
