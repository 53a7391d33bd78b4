"""What varied training images bring and cost: none, stored views, or varied live.

Run `python -m benchmarks.augmentation [--seeds N]` (about an hour on two idle cores), or with
`--quick` for one small share, one seed and few epochs. Each way trains a head and fine-tunes its
default block on the same share of a sample's training images, with the same seeds and a workspace
of its own, so that each pays for its own pass. Ways take turns.

The last line is JSON: by share of the training images, and there by way (`none`, `views`, `live`),
means over the seeds of
    head_accuracy, tuned_accuracy: on the test images, between 0 and 1.
    spread: standard deviation of `tuned_accuracy` over the seeds, or null for one seed.
    seconds: of both runs, from their start to their end.
    cpu_seconds: the same in processor time, which a busy machine changes less.
    head_epoch, tuned_epoch: seconds of an epoch behind the first, in which the graph is built.
    bytes: of the stored features.
and `train_images`, the images of that share.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.config import Augmentation, FineTuneConfig, HeadConfig, TrainingConfig
from core.datasets.bundled import load_bundled
from core.queue.supervisor import supervise
from core.runs import Run, RunState, RunStore
from core.runs.metrics_log import epoch_table, read_metrics
from core.settings import Settings

WAYS = ("none", "views", "live")
IMAGE_SIZE = 96
BLOCK = "block7"


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sample: str
    shares: tuple[float, ...]
    seeds: tuple[int, ...]
    head_epochs: int
    tuned_epochs: int


FULL = Plan("clipart", (0.1, 0.3, 1.0), (0, 1, 2), 30, 15)
QUICK = Plan("clipart", (0.1,), (0,), 3, 2)


def measure(way: str, share: float, seed: int, plan: Plan) -> dict[str, float]:
    """Trains head and block in one way, in a workspace that is deleted afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["UNFREEZE_WORKSPACE"] = folder
        settings = Settings.from_environment()
        dataset = load_bundled(plan.sample, settings)
        store = RunStore(settings.runs_dir)
        varied = Augmentation(mode=way)  # type: ignore[arg-type]
        training = TrainingConfig(epochs=plan.head_epochs, seed=seed, augmentation=varied)
        base = HeadConfig(dataset.id, dataset.version, image_size=IMAGE_SIZE, training=training)
        base = replace(base, train_share=share)
        before = child_cpu_seconds()
        head = train(store, base)
        tuning = replace(training, learning_rate=1e-4, epochs=plan.tuned_epochs)
        tuned = train(store, FineTuneConfig(head.id, base, BLOCK, training=tuning))
        return {
            "head_accuracy": head.status.results["test_accuracy"],
            "tuned_accuracy": tuned.status.results["test_accuracy"],
            "seconds": (head.seconds or 0.0) + (tuned.seconds or 0.0),
            "cpu_seconds": child_cpu_seconds() - before,
            "head_epoch": epoch_seconds(head),
            "tuned_epoch": epoch_seconds(tuned),
            "bytes": sum(f.stat().st_size for f in settings.features_dir.rglob("*.npy")),
            "train_images": round(epoch_images(head)),
        }


def train(store: RunStore, config: HeadConfig | FineTuneConfig) -> Run:
    """Trains one run to its end."""
    run = store.create(config)
    supervise(run.job)
    run = store.get(run.id)
    if run.status.state is not RunState.COMPLETED:
        raise SystemExit(f"{run.id}: {run.status.state} {run.status.error}")
    return run


def child_cpu_seconds() -> float:
    """Processor time of the processes that trained and have ended."""
    used = os.times()
    return used.children_user + used.children_system


def epoch_seconds(run: Run) -> float:
    """Median time of an epoch behind the first."""
    return statistics.median(epoch_table(read_metrics(run.metrics_path))["seconds"][1:])


def epoch_images(run: Run) -> float:
    """Training images of an epoch."""
    last = epoch_table(read_metrics(run.metrics_path)).iloc[-1]
    return float(last["seconds"] * last["images_per_second"])


def means(found: Sequence[dict[str, float]]) -> dict[str, float | None]:
    """The mean of each value over the seeds, and the spread of the last accuracy."""
    tuned = [each["tuned_accuracy"] for each in found]
    spread = statistics.stdev(tuned) if len(tuned) > 1 else None
    return {name: statistics.fmean(e[name] for e in found) for name in found[0]} | {
        "spread": spread
    }


def compared(plan: Plan) -> Iterator[tuple[float, dict[str, dict[str, float | None]]]]:
    """For each share, the three ways."""
    for share in plan.shares:
        found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for seed in plan.seeds:
            for way in WAYS:
                found[way].append(measure(way, share, seed, plan))
        yield share, {way: means(each) for way, each in found.items()}


def row(share: float, way: str, found: dict[str, float | None]) -> str:
    """One line of the table."""
    return (
        f"{share:5.0%}  {found['train_images']:6.0f}  {way:5}  {found['head_accuracy']:6.1%}  "
        f"{found['tuned_accuracy']:6.1%}  {found['seconds']:8.1f}  {found['cpu_seconds']:8.1f}  "
        f"{found['head_epoch']:10.2f}  {found['tuned_epoch']:11.2f}  "
        f"{(found['bytes'] or 0) / 1e6:8.1f}"
    )


def main() -> None:
    """Measures, and prints the table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, default=len(FULL.seeds))
    options = parser.parse_args()
    plan = QUICK if options.quick else replace(FULL, seeds=tuple(range(options.seeds)))
    columns = "head   tuned   seconds     CPU s  head epoch  tuned epoch  MB stored"
    print(f"share  images  way      {columns}")
    results = {}
    for share, ways in compared(plan):
        for way, found in ways.items():
            print(row(share, way, found), flush=True)
        results[str(share)] = ways
    print(json.dumps(results))


if __name__ == "__main__":
    main()
