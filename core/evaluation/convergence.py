"""Convergence of a training curve."""

from __future__ import annotations

import pandas as pd

WINDOW = 5
LOSS_FALL = 0.05
ACCURACY_RISE = 0.01


def still_learning(epochs: pd.DataFrame) -> bool:
    """Return True if the validation metrics were still improving at the end.

    A loss goes on falling long after the answers have settled, so both must move.

    Args:
        epochs: Columns `val_loss` and `val_accuracy`, one row an epoch.

    Returns:
        True where, within the last five epochs, the lowest loss fell by 5 % or more and the
        highest accuracy rose by a point or more, each against all epochs before them. False for a
        curve too short to tell.
    """
    settled = epochs[["val_loss", "val_accuracy"]].dropna()
    if len(settled) <= WINDOW:
        return False
    before, last = settled[:-WINDOW], settled[-WINDOW:]
    falls = last["val_loss"].min() <= (1 - LOSS_FALL) * before["val_loss"].min()
    rises = last["val_accuracy"].max() >= before["val_accuracy"].max() + ACCURACY_RISE
    return bool(falls and rises)
