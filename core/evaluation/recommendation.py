"""Recommend a model: the fine-tuned one where fine-tuning helped, else the head-only one."""

from __future__ import annotations

from dataclasses import dataclass

from core.datasets import Datasets
from core.errors import RunError
from core.evaluation.comparison import Comparison, compare, head_id_of, head_of, model_name
from core.evaluation.openings import is_opened
from core.evaluation.verdict import Outcome
from core.language import tr
from core.runs import Run, Runs
from core.runs.groups import standalone


@dataclass(frozen=True)
class Recommendation:
    """A model and the reason for it.

    Attributes:
        run: The run whose model it is.
        reason: One sentence that ends "Suggested: ...".
    """

    run: Run
    reason: str


def usable_runs(runs: Runs, named: str = "") -> list[Run]:
    """Runs that have ended and left a model, the newest first.

    Args:
        runs: All runs.
        named: Id of a run that may be a member of a group; no other member is offered.
    """
    found = standalone(runs.list(), named)
    return [run for run in found if not run.status.state.active and run.has_model]


def recommend(
    usable: list[Run],
    runs: Runs,
    datasets: Datasets,
    dataset_id: str = "",
    current: str = "",
) -> Recommendation | None:
    """Chooses among the models of one data set.

    A fine-tuned model (the current one, else the newest), if the verdict on it is "helped"; where
    it is not, the head-only model that it started from, which is as good as far as anybody can
    tell. Before Evaluate has shown the verdict, validation accuracy decides.

    Args:
        usable: Runs with a model, the newest first.
        runs: All runs, to find a head run.
        datasets: All data sets.
        dataset_id: The current data set; where it has no model, all others count.
        current: Id of the run that was looked at last, or "".

    Returns:
        The recommendation, or None where there is no model at all.
    """
    own = [run for run in usable if run.base.dataset_id == dataset_id] or usable
    if not own:
        return None
    tuned = _tuned(own, current)
    if tuned is None:
        head = next((run for run in own if run.id == current), own[0])
        return Recommendation(
            head, tr("the head-only model; nothing has been fine-tuned from it yet.")
        )
    head_run = head_of(tuned, runs)
    if head_run is None or not head_run.has_model:
        return Recommendation(tuned, tr("the fine-tuned model; its head-only model is gone."))
    if not _is_opened(datasets, head_run, tuned):
        return _by_validation(head_run, tuned)
    try:
        outcome = compare(head_run, tuned, datasets).verdict.outcome
    except RunError:
        reason = tr("the fine-tuned model; it cannot be compared with its head.")
        return Recommendation(tuned, reason)
    if outcome is Outcome.HELPED:
        reason = tr("{model}, because fine-tuning helped.", model=model_name(tuned))
        return Recommendation(tuned, reason)
    if outcome is Outcome.HURT:
        return Recommendation(head_run, tr("the head-only model, because fine-tuning hurt."))
    reason = tr("the head-only model, because fine-tuning made no difference that can be told.")
    return Recommendation(head_run, reason)


def _is_opened(datasets: Datasets, *runs: Run) -> bool:
    return is_opened(datasets.datasets_dir / runs[0].base.dataset_id, *runs)


def _by_validation(head: Run, tuned: Run) -> Recommendation:
    """Choose by validation accuracy: the verdict has not been opened."""
    first, second = (run.status.results.get("val_accuracy") for run in (head, tuned))
    if first is not None and second is not None and first >= second:
        return Recommendation(
            head, tr("the head-only model, by validation accuracy; the verdict is not opened yet.")
        )
    return Recommendation(
        tuned, tr("the fine-tuned model, by validation accuracy; the verdict is not opened yet.")
    )


def usable_model(comparison: Comparison) -> Run:
    """The run whose model is suggested after a comparison."""
    helped = comparison.verdict.outcome is Outcome.HELPED
    return comparison.after if helped else comparison.before


def _tuned(own: list[Run], current: str) -> Run | None:
    """The fine-tuning run that is current, or the newest of the current head, or of all."""
    tuned = [run for run in own if not run.is_head]
    if any(run.id == current and run.is_head for run in own):
        tuned = [r for r in tuned if head_id_of(r) == current]
    return next((run for run in tuned if run.id == current), tuned[0] if tuned else None)
