"""How long a fine-tuning run takes on this machine, from a pass that was timed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A training step computes each trained layer forward once and backward twice.
TRAINING_COST = 3.0
# Starting the process, building the graph, exporting and checking the model.
FIXED_SECONDS = 15.0


def estimate_seconds(
    record: Mapping[str, Any], compute_trained: float, images: Mapping[str, int], epochs: int
) -> float | None:
    """Estimates a run from multiply-adds.

    Args:
        record: A head run's `account.json`. Its `features` has the `seconds` of its pass over
            `images` images through the whole backbone, or None where nothing was computed.
        compute_trained: Share of the backbone's multiply-adds that is computed in every step.
        images: Number of usable images by split.
        epochs: Epochs that are asked for.

    Returns:
        Seconds, or None where no pass was timed.
    """
    features = record.get("features") or {}
    seconds, count = features.get("seconds"), features.get("images")
    if not seconds or not count:
        return None
    one_image = seconds / count * compute_trained
    steps = TRAINING_COST * images.get("train", 0) + images.get("val", 0)
    return FIXED_SECONDS + float(one_image * steps * epochs)
