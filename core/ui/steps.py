"""The steps of the workflow, and how far each is for the current data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.backbones.block import block_title, from_block
from core.config import FineTuneConfig
from core.datasets import Dataset
from core.jobs.state import state_word
from core.language import mark, tr, trn
from core.runs import Run, RunState
from core.runs.groups import standalone
from core.ui.data.manifests import cached_manifest
from core.ui.data.notes import notes
from core.ui.last_verdict import last_verdict
from core.ui.text import percent


@dataclass(frozen=True)
class Step:
    """One step, which is one page; title and purpose are for `tr`."""

    key: str
    title: str
    page: str
    icon: str
    purpose: str


@dataclass(frozen=True)
class StepState:
    """State of a step: done or not, and a short caption."""

    done: bool
    caption: str


Progress = dict[str, StepState]

STEPS = (
    Step(
        "data",
        mark("Data"),
        "pages/1_Data.py",
        ":material/photo_library:",
        mark("Bring in images and see what is wrong with them."),
    ),
    Step(
        "head",
        mark("Head"),
        "pages/2_Head.py",
        ":material/ac_unit:",
        mark("Train a new classifier on the frozen backbone."),
    ),
    Step(
        "fine_tune",
        mark("Fine-tune"),
        "pages/3_Fine_tune.py",
        ":material/local_fire_department:",
        mark("Unfreeze a block and let it learn too."),
    ),
    Step(
        "evaluate",
        mark("Evaluate"),
        "pages/4_Evaluate.py",
        ":material/balance:",
        mark("See on the same test images whether it helped."),
    ),
    Step(
        "predict",
        mark("Predict"),
        "pages/5_Predict.py",
        ":material/center_focus_strong:",
        mark("Classify your own images, take the model away."),
    ),
    Step(
        "runs",
        mark("Runs"),
        "pages/6_Runs.py",
        ":material/list:",
        mark("Everything that was trained, to open or delete."),
    ),
)


def progress(dataset: Dataset | None, runs: Sequence[Run]) -> Progress:
    """State of every step.

    Args:
        dataset: The current data set.
        runs: All runs, the newest first.

    Returns:
        A state for each key of `STEPS`.
    """
    alone = standalone(runs)
    own = [run for run in alone if dataset is not None and run.base.dataset_id == dataset.id]
    heads = [run for run in own if run.is_head]
    tuned = [run for run in own if not run.is_head]
    waiting = tr("ready") if any(run.has_model for run in own) else tr("after training")
    return {
        "data": StepState(dataset is not None, _data(dataset)),
        "head": _training(heads, tr("not trained yet")),
        "fine_tune": _training(tuned, tr("after the head")),
        "evaluate": _evaluated(dataset, tuned, runs) or StepState(False, waiting),
        "predict": StepState(False, waiting),
        "runs": StepState(False, trn("{count} run", "{count} runs", len(runs))),
    }


def _data(dataset: Dataset | None) -> str:
    if dataset is None:
        return tr("choose a data set")
    try:
        table, many = cached_manifest(dataset), len(notes(dataset))
    except OSError:
        return tr("its list of images is missing")
    usable = int(table["usable"].sum())
    images = trn("{count} image", "{count} images", usable)
    if not many:
        return images
    return trn("{images}, {count} note", "{images}, {count} notes", many, images=images)


def _training(runs: Sequence[Run], nothing: str) -> StepState:
    if not runs:
        return StepState(False, nothing)
    newest = runs[0]
    if newest.status.state.active:
        # No phase: the page may stand still while the run goes on.
        return StepState(False, state_word(newest.status.state))
    best = next((run for run in runs if run.has_model), None)
    if best is None:
        return StepState(False, state_word(newest.status.state))
    done = best.status.state is not RunState.FAILED
    accuracy = best.status.results.get("val_accuracy")
    words = tr("trained")
    if accuracy is not None:
        words = tr("{accuracy} on validation", accuracy=percent(accuracy))
    if isinstance(best.config, FineTuneConfig):
        return StepState(done, f"{unfrozen_words(best.config)}, {words}")
    return StepState(done, words)


def _evaluated(
    dataset: Dataset | None, tuned: Sequence[Run], runs: Sequence[Run]
) -> StepState | None:
    newest = next((run for run in tuned if run.has_model), None)
    if dataset is None or newest is None or not isinstance(newest.config, FineTuneConfig):
        return None
    head = next((run for run in runs if run.id == newest.config.head_run_id), None)
    verdict = last_verdict(dataset, head, newest) if head is not None else ""
    return StepState(True, f"{unfrozen_words(newest.config)}: {verdict}") if verdict else None


def unfrozen_words(config: FineTuneConfig) -> str:
    """Describe what a run unfreezes: "from block 6"."""
    return {
        "from": from_block(config.block),
        "only": tr("{block} alone", block=block_title(config.block)),
        "all": tr("the whole backbone"),
        "none": tr("the head alone"),
    }[config.scope]
