"""Estimate how long a fine-tuning run takes on this machine, from a pass that was timed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config import Augmentation

# A training step computes each trained layer forward once and backward twice.
TRAINING_COST = 3.0
# Starting the process, building the graph, exporting and checking the model.
FIXED_SECONDS = 15.0


def estimate_seconds(
    record: Mapping[str, Any],
    compute_trained: float,
    images: Mapping[str, int],
    epochs: int,
    augmentation: Augmentation | None = None,
) -> float | None:
    """Estimates a run from multiply-adds.

    Args:
        record: A head run's `account.json`. Its `features` has the `seconds` of its pass over
            `images` images through the whole backbone, or None where nothing was computed.
        compute_trained: Share of the backbone's multiply-adds that is computed in every step.
        images: Number of usable images by split.
        epochs: Epochs that are asked for.
        augmentation: How training images are varied; None for not at all.

    Returns:
        Seconds, or None where no pass was timed.
    """
    features = record.get("features") or {}
    seconds, count = features.get("seconds"), features.get("images")
    if not seconds or not count:
        return None
    whole, train = seconds / count, images.get("train", 0)
    steps = TRAINING_COST * train + images.get("val", 0)
    trained = whole * compute_trained * steps * epochs
    frozen = whole * (1 - compute_trained) * _varied(train, epochs, augmentation)
    return FIXED_SECONDS + float(trained + frozen)


def stored_images(images: Mapping[str, int], augmentation: Augmentation | None = None) -> int:
    """Count the stored outputs of the frozen part, every view of an image included.

    Args:
        images: Number of usable images by split.
        augmentation: How training images are varied; None for not at all.
    """
    total, train = sum(images.values()), images.get("train", 0)
    if augmentation is not None and augmentation.mode == "live":
        return total - train
    return total + _varied(train, 1, augmentation)


def _varied(train: int, epochs: int, augmentation: Augmentation | None) -> int:
    """Passes of varied images through the frozen part, beyond the unchanged images' one."""
    if augmentation is None or augmentation.mode == "none":
        return 0
    if augmentation.mode == "views":
        return train * (augmentation.views - 1)
    return train * epochs
