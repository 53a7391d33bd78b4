"""Whether a training curve had settled when it ended."""

from __future__ import annotations

import pandas as pd

WINDOW = 5
STILL_FALLING = 0.05


def still_learning(epochs: pd.DataFrame) -> bool:
    """Tells whether the validation loss was still falling at the end.

    Args:
        epochs: Column `val_loss`, one row an epoch.

    Returns:
        True where the lowest loss of the last five epochs lies 5 % or more below the lowest of
        all before them. False for a curve too short to tell.
    """
    losses = epochs["val_loss"].dropna()
    if len(losses) <= WINDOW:
        return False
    return bool(losses[-WINDOW:].min() < (1 - STILL_FALLING) * losses[:-WINDOW].min())
