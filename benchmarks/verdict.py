"""Is the verdict honest? Simulated pairs of models whose true difference is known.

Run `python -m benchmarks.verdict`. Each trial draws the answers of two models to `n` test images
and asks the functions that the Evaluate page asks. The last line is JSON:
    false_positive: by n, the largest share of trials without a true difference in which "helped"
        or "hurt" was said.
    coverage: by n, the smallest share of trials whose 95 % interval holds the true difference;
    coverage_highest: the largest.
    power_error: the largest distance from 0.80 of the share of trials with a verdict, at the
        suggested number of images.
    contradictions: trials whose words contradict their interval.
    trials: how many of each kind.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.evaluation.sample_size import POWER, images_needed
from core.evaluation.verdict import Outcome, Verdict, judge
from core.evaluation.wording import headline, reasons_in_words

IMAGES = (50, 200, 1000, 4000)
# Accuracy before, and the shares of all images that are fixed and broken.
NO_DIFFERENCE = ((0.90, 0.05, 0.05), (0.95, 0.02, 0.02), (0.70, 0.15, 0.15))
A_DIFFERENCE = ((0.90, 0.05, 0.02), (0.92, 0.04, 0.008), (0.75, 0.10, 0.16))
POWER_CASES = ((0.05, 0.02), (0.04, 0.008), (0.10, 0.16), (0.03, 0.0), (0.02, 0.015))


@dataclass
class Tally:
    """What the trials of one kind came to."""

    trials: int = 0
    spoke: int = 0
    covered: int = 0
    contradictions: int = 0
    seen: dict[tuple[int, ...], Verdict] = field(default_factory=dict)

    def add(self, counts: tuple[int, ...], truth: float) -> None:
        """Judges one trial; equal counts are judged once."""
        if counts not in self.seen:
            self.seen[counts] = judge(*counts)
        verdict = self.seen[counts]
        self.trials += 1
        self.spoke += verdict.outcome is not Outcome.CANNOT_TELL
        self.covered += not verdict.difference.excludes(truth)

    def finish(self) -> None:
        """Reads the words of each distinct verdict against its interval."""
        self.contradictions = sum(contradicts(verdict) for verdict in self.seen.values())


def contradicts(verdict: Verdict) -> bool:
    """Whether the words say what the interval does not."""
    said, gap = headline(verdict), verdict.difference
    if said.endswith("helped"):
        return gap.low <= 0
    if said.endswith("hurt"):
        return gap.high >= 0
    return gap.excludes(0.0) and "leans one way" not in reasons_in_words(verdict)[0]


def simulate(
    images: int, case: tuple[float, float, float], trials: int, generator: np.random.Generator
) -> Tally:
    """Judges `trials` pairs of models with the same true shares."""
    before, fixed, broken = case
    shares = [before - broken, fixed, broken, 1 - before - fixed]
    tally = Tally()
    for counts in generator.multinomial(images, shares, size=trials):
        tally.add(tuple(int(count) for count in counts), fixed - broken)
    tally.finish()
    return tally


def power_errors(trials: int, generator: np.random.Generator) -> dict[str, float]:
    """How far from 80 % of trials get a verdict at the suggested number of images."""
    errors = {}
    for fixed, broken in POWER_CASES:
        need = images_needed(fixed, broken)
        if need is not None:
            tally = simulate(need, (0.8, fixed, broken), trials, generator)
            errors[f"{fixed} : {broken}, n = {need}"] = tally.spoke / tally.trials - POWER
    return errors


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs all simulations and prints a line each, then the JSON."""
    parser = argparse.ArgumentParser(description="Is the verdict honest?")
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20240501)
    options = parser.parse_args(arguments)
    generator = np.random.default_rng(options.seed)
    started = time.perf_counter()
    false_positive, lowest, highest, contradictions = {}, {}, {}, 0
    for images in IMAGES:
        same = [simulate(images, case, options.trials, generator) for case in NO_DIFFERENCE]
        other = [simulate(images, case, options.trials, generator) for case in A_DIFFERENCE]
        coverage = [tally.covered / tally.trials for tally in same + other]
        false_positive[str(images)] = max(tally.spoke / tally.trials for tally in same)
        lowest[str(images)], highest[str(images)] = min(coverage), max(coverage)
        contradictions += sum(tally.contradictions for tally in same + other)
        print(
            f"n = {images:5,}: said helped or hurt without a difference "
            f"{100 * false_positive[str(images)]:.2f} %, coverage "
            f"{100 * min(coverage):.2f} to {100 * max(coverage):.2f} %"
        )
    errors = power_errors(options.trials, generator)
    for case, error in errors.items():
        print(f"power for {case}: {100 * (POWER + error):.1f} %")
    result = {
        "false_positive": false_positive,
        "coverage": lowest,
        "coverage_highest": highest,
        "power_error": round(max(abs(error) for error in errors.values()), 4),
        "contradictions": contradictions,
        "trials": options.trials,
        "seconds": round(time.perf_counter() - started, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
