"""Balance of the training images over the classes."""

from __future__ import annotations

import pandas as pd

from core.language import number, tr

# Times as many images from which a model leans towards the larger class.
_NOTABLE = 3.0


def balance_sentence(manifest: pd.DataFrame) -> str:
    """Name the classes with most and fewest training images where the imbalance matters.

    Args:
        manifest: Columns `class_name`, `split`, `usable`.

    Returns:
        A sentence, or "" where the classes are about equal or fewer than two have any.
    """
    train = manifest[manifest["usable"] & (manifest["split"] == "train")]
    counts = train["class_name"].value_counts()
    if len(counts) < 2 or counts.iloc[0] < _NOTABLE * counts.iloc[-1]:
        return ""
    most, least = counts.index[0], counts.index[-1]
    times = counts.iloc[0] / counts.iloc[-1]
    return tr(
        "{most} has {times} times as many training images as {least} ({many} and {few}): a model "
        "leans towards the larger, and accuracy alone may not show it.",
        most=str(most),
        least=str(least),
        times=number(times),
        many=int(counts.iloc[0]),
        few=int(counts.iloc[-1]),
    )
