"""Would more images help? The same head from fewer training images, and how it gets better.

Every share is trained for as many steps as the whole, so that images and not steps are compared,
and the smaller sets lie inside the larger ones. All other images stay as they are, so every run
uses the stored features and is judged on the same validation and test images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from core.config import HeadConfig
from core.datasets.share import share_size
from core.errors import RunError
from core.evaluation.intervals import wilson
from core.evaluation.predictions import join_runs, read_predictions
from core.evaluation.verdict import Outcome, Verdict, judge_pairs
from core.evaluation.wording import difference_in_words, signed_points
from core.language import Words, mark, tr
from core.runs import Run
from core.runs.groups import CreateRun, Group, new_mark, queue_group

SHARES = (0.1, 0.25, 0.5, 0.75)
# A gain below this, at best, is not worth collecting images for.
SMALL_GAIN = 0.01


@dataclass(frozen=True)
class DataAmount:
    """Accuracy by number of training images.

    Attributes:
        table: One row a share, the smallest first, with the columns
            share (float64), images (int64): training images, and for `val` and `test`
            <split>, <split>_low, <split>_high (float64): accuracy with its Wilson interval,
            between 0 and 1; NaN where the split has no images.
        doubling: The whole compared with the half, image by image; None without both.
        half: Training images of that half.
        split: The split on which they were compared.
    """

    table: pd.DataFrame
    doubling: Verdict | None
    half: int
    split: str


def queue_shares(create: CreateRun, head: Run) -> None:
    """Queues the same head for every share of its training images; the run itself is the whole.

    Raises:
        RunError: If it is no head run, or the workspace cannot be written to.
    """
    config = head.config
    if not isinstance(config, HeadConfig):
        raise RunError(
            tr("Run {run} is no head run.", run=head.id),
            tr("Choose the head that it started from."),
        )
    group = new_mark("data_amount", mark("Fewer images, head only"), head.id)
    configs = [_at(config, share) for share in SHARES]
    queue_group(create, group, configs, head.dataset_name)


def data_amount(head: Run, group: Group, class_counts: Sequence[int]) -> DataAmount:
    """Reads what the runs of a group say, the head run that it is about included.

    Args:
        head: The head run with all its training images.
        group: The runs with fewer.
        class_counts: Usable training images of each class.

    Raises:
        RunError: If predictions cannot be read.
    """
    runs = sorted([*group.completed, head], key=lambda run: run.base.train_share)
    rows = [_row(run, class_counts) for run in runs]
    table = pd.DataFrame(rows).sort_values("share", kind="stable", ignore_index=True)
    half = next((r for r in runs if r.base.train_share == 0.5 * head.base.train_share), None)
    split = "test" if table["test"].notna().all() else "val"
    doubling = judge_pairs(join_runs(half, head, split)) if half is not None else None
    images = _images(half.base.train_share, class_counts) if half is not None else 0
    return DataAmount(table, doubling, images, split)


def amount_in_words(amount: DataAmount) -> str:
    """Still rising, flat, or not to be told, with the figures; "" before there are both."""
    verdict = amount.doubling
    if verdict is None:
        return ""
    numbers = _doubling_in_words(amount, verdict)
    if verdict.outcome is Outcome.HELPED:
        return tr(
            "**Still rising:** {numbers}. More images of the same kind should help; the next "
            "doubling seldom gives more than the last.",
            numbers=numbers,
        )
    if verdict.difference.high < SMALL_GAIN:
        return tr(
            "**Flat:** {numbers}. Twice as many images again would hardly give a point; another "
            "backbone, image size or fine-tuning may.",
            numbers=numbers,
        )
    few = (
        tr("{images} test images are too few to say.", images=verdict.images)
        if amount.split == "test"
        else tr("{images} validation images are too few to say.", images=verdict.images)
    )
    return tr(
        "**Cannot tell:** {numbers}. Doubling may be worth nothing or {points} points: {few}",
        numbers=numbers,
        points=signed_points(verdict.difference.high),
        few=few,
    )


def _doubling_in_words(amount: DataAmount, verdict: Verdict) -> Words:
    whole, difference = int(amount.table["images"].iloc[-1]), difference_in_words(verdict)
    if amount.split == "test":
        return tr(
            "from {half} to {whole} training images, test accuracy changed by {difference}",
            half=amount.half,
            whole=whole,
            difference=difference,
        )
    return tr(
        "from {half} to {whole} training images, validation accuracy changed by {difference}",
        half=amount.half,
        whole=whole,
        difference=difference,
    )


def _at(config: HeadConfig, share: float) -> HeadConfig:
    # Epochs are shorter by the share, so everything that is counted in epochs is longer by it.
    training = replace(
        config.training,
        epochs=round(config.training.epochs / share),
        patience=round(config.training.patience / share),
        warmup_epochs=config.training.warmup_epochs / share,
    )
    return replace(config, train_share=share * config.train_share, training=training)


def _row(run: Run, class_counts: Sequence[int]) -> Mapping[str, float]:
    predictions = read_predictions(run)
    share = run.base.train_share
    row: dict[str, float] = {"share": share, "images": _images(share, class_counts)}
    for split in ("val", "test"):
        table = predictions[predictions["split"] == split]
        right = int((table["predicted"] == table["label"]).sum())
        score = wilson(right, len(table))
        limits = (score.low, score.high) if len(table) else (score.estimate, score.estimate)
        row |= {split: score.estimate, f"{split}_low": limits[0], f"{split}_high": limits[1]}
    return row


def _images(share: float, class_counts: Sequence[int]) -> int:
    return sum(share_size(count, share) for count in class_counts)
