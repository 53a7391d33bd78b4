"""Seed noise: the same training with other seeds, and whether the gain outlasts them.

A seed decides the head's first weights, dropout and the order of the images. Each seed trains a
head and fine-tunes that very head, so the five gains are five independent repetitions of the whole
procedure. The run that they are asked for is not one of them: it may have been chosen for its luck.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import t as student

from core.config import FineTuneConfig, HeadConfig
from core.errors import RunError
from core.evaluation.comparison import model_in_words
from core.evaluation.intervals import Interval
from core.evaluation.verdict import Outcome
from core.evaluation.wording import signed_points
from core.language import Number, number, tr, trn
from core.runs import Run, RunState
from core.runs.groups import CreateRun, Group, new_mark, queue_group

SEEDS = 5
# Two values always look alike or not; a verdict needs more.
FEWEST = 3


@dataclass(frozen=True)
class SeedNoise:
    """Results of a group of seeds so far.

    Attributes:
        table: One row a seed whose training has ended, with the columns
            seed (int64), head (float64): test accuracy of the head, between 0 and 1,
            tuned (float64): that of the model fine-tuned from it, gain (float64): tuned less head;
            the last two NaN where there is none.
        gain: The mean gain with its 95 % t interval, or None with fewer than two gains.
        outcome: "helped" or "hurt" where the interval leaves out zero, with `FEWEST` gains or more
            and after the last: who looks after each seed and stops where it suits finds a gain
            too often.
        complete: Whether no more seeds are to come.
    """

    table: pd.DataFrame
    gain: Interval | None
    outcome: Outcome
    complete: bool

    @property
    def paired(self) -> bool:
        """True if there are gains, not heads alone."""
        return bool(self.table["gain"].notna().any())


def queue_seeds(create: CreateRun, run: Run, head: Run | None, count: int = SEEDS) -> None:
    """Queues the same training with other seeds; each head comes before what starts from it.

    Args:
        create: Makes one run, as `RunStore.create` does.
        run: A head run, or a fine-tuning run.
        head: The head run that `run` started from, where it is a fine-tuning run.
        count: How many seeds.

    Raises:
        RunError: If the workspace cannot be written to, or the head run is missing.
    """
    base = run if head is None else head
    if not isinstance(base.config, HeadConfig):
        raise RunError(
            tr("The head run of {run} is gone.", run=run.id),
            tr("Fine-tune again from a head that is there."),
        )
    title = trn("{count} seed, {model}", "{count} seeds, {model}", count, model=model_in_words(run))
    mark = new_mark("seeds", title, run.id)
    first = 1 + max(base.config.training.seed, run.config.training.seed)
    for seed in range(first, first + count):
        config = _with_seed(base.config, seed)
        (made,) = queue_group(create, mark, [config], run.dataset_name)
        if isinstance(run.config, FineTuneConfig):
            training = replace(run.config.training, seed=seed)
            tuned = replace(run.config, head_run_id=made.id, base=config, training=training)
            queue_group(create, mark, [tuned], run.dataset_name)


def seed_noise(group: Group) -> SeedNoise:
    """Gathers the test accuracies of a group's completed runs."""
    done = {run.id: run for run in group.runs if run.status.state is RunState.COMPLETED}
    tuned = {r.config.head_run_id: r for r in done.values() if isinstance(r.config, FineTuneConfig)}
    rows = [
        (run.config.training.seed, _accuracy(run), _accuracy(tuned.get(run.id)))
        for run in done.values()
        if run.is_head
    ]
    table = pd.DataFrame(rows, columns=["seed", "head", "tuned"])
    table = table.astype({"seed": "int64", "head": "float64", "tuned": "float64"})
    table["gain"] = table["tuned"] - table["head"]
    gains = table["gain"].dropna().to_list()
    gain = mean_interval(gains)
    outcome = Outcome.CANNOT_TELL
    complete = not group.active
    if complete and gain is not None and len(gains) >= FEWEST and gain.excludes(0.0):
        outcome = Outcome.HELPED if gain.estimate > 0 else Outcome.HURT
    return SeedNoise(table, gain, outcome, complete)


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """The mean of a few values with Student's t interval.

    Source: Student (1908), Biometrika 6, 1-25.

    Returns:
        The interval, or None for fewer than two values: one says nothing about the spread.
    """
    if len(values) < 2:
        return None
    mean = float(np.mean(values))
    half = t_quantile(len(values), confidence) * spread(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def spread(values: Sequence[float]) -> float:
    """The standard deviation of a sample, with one less than its number in the divisor."""
    return float(np.std(values, ddof=1))


def t_quantile(count: int, confidence: float = 0.95) -> float:
    """Student's t for a mean of `count` values, two-sided."""
    return float(student.ppf(0.5 + confidence / 2, count - 1))


def gain_in_words(noise: SeedNoise) -> str:
    """The verdict's extra sentence; "" before the last seed, or with too few."""
    gains = noise.table["gain"].dropna().to_list()
    if noise.gain is None or len(gains) < FEWEST or not noise.complete:
        return ""
    values = {
        "points": signed_points(noise.gain.estimate),
        "low": signed_points(noise.gain.low),
        "high": signed_points(noise.gain.high),
    }
    if noise.outcome is Outcome.CANNOT_TELL:
        return trn(
            "Trained again with {count} other seed, fine-tuning changed test accuracy by {points} "
            "points on average ({low} to {high}): no more than seeds differ among themselves. This "
            "very model may be better; training like this need not make one that is.",
            "Trained again with {count} other seeds, fine-tuning changed test accuracy by {points} "
            "points on average ({low} to {high}): no more than seeds differ among themselves. This "
            "very model may be better; training like this need not make one that is.",
            len(gains),
            **values,
        )
    return trn(
        "Trained again with {count} other seed, fine-tuning changed test accuracy by {points} "
        "points on average ({low} to {high}): more than seeds differ among themselves.",
        "Trained again with {count} other seeds, fine-tuning changed test accuracy by {points} "
        "points on average ({low} to {high}): more than seeds differ among themselves.",
        len(gains),
        **values,
    )


def spread_in_words(noise: SeedNoise, this_gain: float | None = None) -> str:
    """Describe the variation between seeds and what it means for single runs.

    Args:
        noise: The seeds' accuracies.
        this_gain: The gain of the run that they are asked for, as a share.
    """
    heads = noise.table["head"].dropna().to_list()
    if len(heads) < 2:
        return ""
    if not noise.paired:
        return _heads_in_words(heads)
    tuned = noise.table["tuned"].dropna().to_list()
    if len(tuned) < 2:
        return ""
    varies = tr(
        "From seed to seed the head alone varies by {head} points and the fine-tuned model by "
        "{tuned} (standard deviation).",
        head=_points(spread(heads)),
        tuned=_points(spread(tuned)),
    )
    return f"{_mean_words(noise)} {varies} {_luck(noise, this_gain)}".strip()


def _mean_words(noise: SeedNoise) -> str:
    if noise.gain is None:
        return ""
    values = {
        "points": signed_points(noise.gain.estimate),
        "low": signed_points(noise.gain.low),
        "high": signed_points(noise.gain.high),
    }
    if noise.complete:
        return tr("A mean gain of **{points} points**, 95 % interval {low} to {high}.", **values)
    return tr(
        "So far, with the verdict after the last one, a mean gain of **{points} points**, 95 % "
        "interval {low} to {high}.",
        **values,
    )


def _luck(noise: SeedNoise, this_gain: float | None) -> str:
    gains = noise.table["gain"].dropna().to_list()
    if this_gain is None or noise.gain is None or len(gains) < FEWEST:
        return ""
    # Where one more gain of the same kind falls, 19 times out of 20.
    half = t_quantile(len(gains)) * spread(gains) * math.sqrt(1 + 1 / len(gains))
    points = signed_points(this_gain)
    if abs(this_gain - noise.gain.estimate) <= half:
        return tr("The run above, with {points} points, is no exception.", points=points)
    if this_gain > noise.gain.estimate:
        return tr("The run above, with {points} points, had a lucky seed.", points=points)
    return tr("The run above, with {points} points, had an unlucky seed.", points=points)


def _heads_in_words(heads: Sequence[float]) -> str:
    apart = t_quantile(len(heads)) * spread(heads) * math.sqrt(2)
    return trn(
        "{count} head with another seed has {mean} % of the test images right on average, from "
        "{low} to {high} %. Two single runs would have to differ by more than about {apart} points "
        "before their seeds cannot explain it.",
        "{count} heads with other seeds have {mean} % of the test images right on average, from "
        "{low} to {high} %. Two single runs would have to differ by more than about {apart} points "
        "before their seeds cannot explain it.",
        len(heads),
        mean=_points(float(np.mean(heads))),
        low=_points(min(heads)),
        high=_points(max(heads)),
        apart=_points(apart),
    )


def _accuracy(run: Run | None) -> float:
    value = run.status.results.get("test_accuracy") if run is not None else None
    return math.nan if value is None else float(value)


def _with_seed(config: HeadConfig, seed: int) -> HeadConfig:
    return replace(config, training=replace(config.training, seed=seed))


def _points(share: float) -> Number:
    return number(100 * share, 1)
