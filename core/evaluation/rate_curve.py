"""Result of a learning rate finder: loss by learning rate, and the suggested rate.

The test is Smith's (Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.records import read_record

FILE_NAME = "rate_test.json"
LOWEST, HIGHEST, STEPS = 1e-6, 1.0, 100
# A share of the loss of guessing: by less than this the loss is as good as at its lowest, and
# below this four times as much is noise and no explosion.
_NEGLIGIBLE = 0.05
_MEMORY = 0.7
_EXPLODED = 4.0

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class RateCurve:
    """One rate test.

    Attributes:
        rates: Learning rate of each step, rising.
        losses: Loss of each step's batch, before the step.
        classes: Number of classes: guessing has a loss of its logarithm.
    """

    rates: Sequence[float]
    losses: Sequence[float]
    classes: int

    @property
    def smoothed(self) -> Array:
        """The losses without the noise of single batches, float64 `(steps,)`."""
        return smooth(np.asarray(self.losses, dtype=np.float64))

    @property
    def suggested(self) -> float:
        """A tenth of the largest rate at which the loss is as good as at its lowest.

        Where it goes down and then up, that is a tenth of the rate at the minimum; where it only
        stays and then goes up, as with a trained head, a tenth of the rate before that.
        """
        smoothed = self.smoothed
        good = np.flatnonzero(smoothed <= smoothed.min() + _negligible(self.classes))
        return float(self.rates[good[-1]]) / 10

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"rates": list(self.rates), "losses": list(self.losses), "classes": self.classes}


def rising_rates() -> Array:
    """The rates that a test tries: each is the one before by the same factor, float64 `(100,)`."""
    return np.geomspace(LOWEST, HIGHEST, STEPS)


def smooth(values: Array) -> Array:
    """Averages each value with its neighbours on both sides, near ones more.

    An exponential mean in one direction alone would move the curve to larger rates.
    """
    offsets = np.arange(len(values))
    weights = _MEMORY ** np.abs(offsets[:, None] - offsets[None, :])
    averaged: Array = weights @ values / weights.sum(axis=1)
    return averaged


def exploded(losses: Sequence[float], classes: int) -> bool:
    """Return True if the loss has risen so far that larger rates add nothing.

    Args:
        losses: Of all steps up to now.
        classes: Number of classes.
    """
    if not math.isfinite(losses[-1]):
        return True
    smoothed = smooth(np.asarray(losses, dtype=np.float64))
    best = max(float(smoothed.min()), _negligible(classes))
    return bool(smoothed[-1] > _EXPLODED * best)


def _negligible(classes: int) -> float:
    return _NEGLIGIBLE * math.log(max(2, classes))


def read_rate_curve(run_dir: Path) -> RateCurve | None:
    """Read the result of a learning rate finder; None where there is none that is readable."""
    return read_record(run_dir / FILE_NAME, _curve, None)


def _curve(values: dict[str, Any]) -> RateCurve | None:
    curve = RateCurve(values["rates"], values["losses"], int(values["classes"]))
    return curve if len(curve.rates) == len(curve.losses) > 0 else None
