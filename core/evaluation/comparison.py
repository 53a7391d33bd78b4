"""Two runs on the same test images: everything that the Evaluate page and its report show."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.config import FineTuneConfig
from core.datasets import Dataset, Datasets
from core.errors import DatasetError, RunError
from core.evaluation.classifier import kept_class_names
from core.evaluation.leaks import Leaks, find_leaks, without
from core.evaluation.predictions import (
    join_predictions,
    read_predictions,
    require_same_data,
)
from core.evaluation.verdict import Verdict, judge_pairs
from core.evaluation.wording import STEP, outcome_in_words
from core.language import Words, mark, number, tr
from core.runs import Run, Runs


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side on one split.

    Attributes:
        before: The first run.
        after: The second run.
        dataset: The data set in the version that both used; None where it was deleted.
        class_names: In the order of the labels.
        first: The first run's predictions on the split.
        second: The second run's.
        pairs: What `join_predictions` makes of them.
        verdict: The judgement on all of these images.
    """

    before: Run
    after: Run
    dataset: Dataset | None
    class_names: tuple[str, ...]
    first: pd.DataFrame
    second: pd.DataFrame
    pairs: pd.DataFrame
    verdict: Verdict

    @property
    def version(self) -> str:
        """Changes when anything that it was made from does."""
        made = [f"{run.id} {run.status.finished}" for run in (self.before, self.after)]
        return " ".join([*made, self.dataset.version if self.dataset else ""])

    @property
    def is_step(self) -> bool:
        """True if the second run was fine-tuned from the first one."""
        return head_id_of(self.after) == self.before.id

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two models."""
        return model_name(self.before), model_name(self.after)

    @property
    def subject(self) -> str:
        """Subject of the verdict in English; `core.evaluation.wording` translates it."""
        return STEP if self.is_step else mark("the second run")

    def labels(self) -> npt.NDArray[np.int64]:
        """True classes of `first` and of `second`'s images, int64 `(images,)`, in that order."""
        return self.first["label"].to_numpy(dtype=np.int64)


def compare(before: Run, after: Run, datasets: Datasets, split: str = "test") -> Comparison:
    """Reads two runs' predictions and judges them.

    Raises:
        RunError: If they saw different data, or one has no predictions.
    """
    require_same_data(before, after)
    first = read_predictions(before, split)
    second = read_predictions(after, split)
    pairs = join_predictions(first, second)
    # The same order in all tables, whatever the order in the second file.
    second = second.set_index("path").loc[first["path"]].reset_index()
    return Comparison(
        before=before,
        after=after,
        dataset=dataset_of(after, datasets),
        class_names=class_names_of(after, datasets),
        first=first,
        second=second,
        pairs=pairs,
        verdict=judge_pairs(pairs),
    )


def verdict_without_leaks(comparison: Comparison) -> tuple[Leaks, Verdict] | None:
    """The verdict without test images that training has met.

    Returns:
        What was left out and the verdict on the others, or None where there is none to leave out
        or the data set was deleted.
    """
    if comparison.dataset is None:
        return None
    leaks = find_leaks(comparison.dataset.manifest())
    clean = without(comparison.pairs, leaks.all)
    return (leaks, judge_pairs(clean)) if len(clean) < len(comparison.pairs) else None


def leaks_in_words(comparison: Comparison) -> str:
    """The figures without leaked test images, or that there are none."""
    if comparison.dataset is None:
        return ""
    clean = verdict_without_leaks(comparison)
    if clean is None:
        return tr("No copy of a test image was found in training.")
    leaks, verdict = clean
    return tr(
        "Training has met {copies} of test images. Without: {before} % and {after} %, fixed "
        "{fixed}, broke {broken}: {outcome}.",
        copies=leaks.in_words(),
        before=number(100 * verdict.before.estimate, 1),
        after=number(100 * verdict.after.estimate, 1),
        fixed=verdict.fixed,
        broken=verdict.broken,
        outcome=outcome_in_words(verdict.outcome),
    )


def head_of(run: Run, runs: Runs) -> Run | None:
    """The head run that a fine-tuning run started from, or None where it was deleted."""
    head_id = head_id_of(run)
    try:
        return runs.get(head_id) if head_id else None
    except RunError:
        return None


def head_id_of(run: Run) -> str:
    """Id of the head run that a fine-tuning run started from; "" for a head run."""
    return run.config.head_run_id if isinstance(run.config, FineTuneConfig) else ""


def dataset_of(run: Run, datasets: Datasets) -> Dataset | None:
    """The data set in the version that a run used, or None where it was deleted."""
    try:
        return datasets.get(run.base.dataset_id, run.base.dataset_version)
    except DatasetError:
        return None


def class_names_of(run: Run, datasets: Datasets) -> tuple[str, ...]:
    """A run's classes: as kept with its model, else as its data set has them.

    Raises:
        RunError: If neither can be read.
    """
    names = kept_class_names(run.path)
    if names:
        return names
    dataset = dataset_of(run, datasets)
    if dataset is None:
        raise RunError(
            tr("The class names of run {run} cannot be read.", run=run.id),
            tr("Train it again, or delete it."),
        )
    return dataset.class_names


def model_name(run: Run) -> Words:
    """A short name: "Head only", "From block 6", "Only block 6", "Whole backbone"."""
    name, _, block = _naming(run)
    return tr(name, block=block)


def model_in_words(run: Run) -> Words:
    """The same in the middle of a sentence: "from block 6"."""
    _, words, block = _naming(run)
    return tr(words, block=block)


def _naming(run: Run) -> tuple[str, str, str]:
    """The name alone, in a sentence, and the block in both."""
    config = run.config
    if not isinstance(config, FineTuneConfig):
        return mark("Head only"), mark("head only"), ""
    if config.scope == "all":
        return mark("Whole backbone"), mark("whole backbone"), ""
    if config.scope == "none":
        return mark("Head trained on"), mark("head trained on"), ""
    block = re.sub(r"(?<=[a-z])(?=\d)", " ", config.block).replace("_", " ")
    numbered, alone = block.removeprefix("block "), config.scope == "only"
    if numbered == block and alone:
        return mark("Only {block}"), mark("only {block}"), block
    if numbered == block:
        return mark("From {block}"), mark("from {block}"), block
    if alone:
        return mark("Only block {block}"), mark("only block {block}"), numbered
    return mark("From block {block}"), mark("from block {block}"), numbered
