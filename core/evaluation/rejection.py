"""The answer "none of these": how sure a model must be before its answer counts.

The threshold is chosen on validation images alone and kept in the run's `rejection.json`, which
only the Evaluate page writes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.evaluation.intervals import wilson
from core.files import write_json
from core.language import number
from core.records import read_record
from core.runs import Run

FILE_NAME = "rejection.json"


@dataclass(frozen=True)
class Rejection:
    """A threshold and what it was chosen for.

    Attributes:
        threshold: Lowest probability of the predicted class that counts, between 0 and 1.
        error_rate: The wanted share of wrong answers among those that count.
        split: Images that it was chosen on: always `val`.
        images: How many these were.
        answered: Share of them that got an answer.
    """

    threshold: float
    error_rate: float
    split: str
    images: int
    answered: float


def rejection_curve(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Effect of every possible threshold.

    Args:
        labels: int64 `(images,)`.
        probabilities: float64 `(images, classes)`, each row with sum 1.

    Returns:
        A DataFrame, one row for each distinct confidence from the highest to the lowest, with the
        columns threshold (float64), answers (int64): images at or above it,
        answered (float64): their share, wrong (int64): answers among them that are wrong,
        error_rate (float64): wrong of answers.
    """
    sure = probabilities.max(axis=1)
    wrong = probabilities.argmax(axis=1) != labels
    order = np.argsort(-sure, kind="stable")
    ordered = sure[order]
    # Images of equal confidence are answered together or not at all.
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], len(ordered) > 0))
    answers = last + 1
    mistakes = np.cumsum(wrong[order])[last]
    return pd.DataFrame(
        {
            "threshold": ordered[last],
            "answers": answers.astype(np.int64),
            "answered": answers / max(len(labels), 1),
            "wrong": mistakes.astype(np.int64),
            "error_rate": mistakes / answers,
        }
    )


def choose_threshold(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], error_rate: float
) -> Rejection | None:
    """The lowest threshold whose answers are wrong at most as often as wanted.

    Args:
        labels: int64 `(images,)`, of validation images.
        probabilities: float64 `(images, classes)`, each row with sum 1.
        error_rate: Wanted share of wrong answers, between 0 and 1.

    Returns:
        The choice, or None where no threshold keeps to the rate.
    """
    curve = rejection_curve(labels, probabilities)
    fits = curve[curve["error_rate"] <= error_rate]
    if fits.empty:
        return None
    widest = fits.iloc[-1]
    return Rejection(
        threshold=float(widest["threshold"]),
        error_rate=error_rate,
        split="val",
        images=len(labels),
        answered=float(widest["answered"]),
    )


def effect_of(
    threshold: float, labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]
) -> dict[str, float]:
    """Effect of a threshold on other images.

    Returns:
        Keys `answers` (how many), `answered` (their share), `wrong` (wrong answers), and
        `error_rate` with `error_low` and `error_high`, its 95 % Wilson interval.
    """
    counts = probabilities.max(axis=1) >= threshold
    wrong = counts & (probabilities.argmax(axis=1) != labels)
    limits = wilson(int(wrong.sum()), int(counts.sum()))
    return {
        "answers": float(counts.sum()),
        "answered": float(counts.mean()) if len(labels) else 0.0,
        "wrong": float(wrong.sum()),
        "error_rate": limits.estimate,
        "error_low": limits.low,
        "error_high": limits.high,
    }


def threshold_in_words(threshold: float) -> str:
    """A threshold in percent; with more decimals close to 100, where they count."""
    return f"{number(100 * threshold, 1 if threshold < 0.999 else 3)} %"


def save_rejection(run: Run, rejection: Rejection) -> None:
    """Keeps a threshold with the run; for the Evaluate page only."""
    write_json(run.path / FILE_NAME, dataclasses.asdict(rejection))


def drop_rejection(run: Run) -> None:
    """Forgets a run's threshold; for the Evaluate page only."""
    (run.path / FILE_NAME).unlink(missing_ok=True)


def read_rejection(run: Run) -> Rejection | None:
    """The run's threshold, or None where none was chosen or the file cannot be read."""
    names = [f.name for f in dataclasses.fields(Rejection)]
    return read_record(
        run.path / FILE_NAME,
        lambda values: Rejection(**{name: values[name] for name in names}),
        None,
    )


def read_threshold(folder: Path) -> float:
    """The threshold that is kept in a run's folder; 0, which lets all count, without one."""
    return read_record(folder / FILE_NAME, lambda values: float(values["threshold"]), 0.0)
