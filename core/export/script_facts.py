"""Facts that a run's script needs, read from the run's folder."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core.backbones.spec import BackboneSpec
from core.config import Augmentation, FineTuneConfig, HeadConfig, TrainingConfig
from core.errors import ExportError, RunError
from core.files import read_json
from core.language import tr
from core.runs import Run, Runs
from core.versions import package_versions

PLAIN = ("optimizer", "learning_rate", "epochs", "batch_size", "seed")
MORE = ("schedule", "warmup_epochs", "weight_decay", "label_smoothing", "class_weights")
# What changes nothing that could be told: a run that patience ended has had so many epochs.
_HARMLESS = ("deterministic", "patience")
_DROPS_AT_RANDOM = ("efficientnet_b0", "efficientnet_v2_b0", "convnext_tiny")
# These stems are models of their own inside the model that Keras builds.
_NESTED = {"convnext_tiny_stem_layernorm": "convnext_tiny_stem"}


@dataclass(frozen=True)
class ScriptFacts:
    """Facts that a run's script needs.

    Attributes:
        run: The run.
        config: Its data set, backbone and head.
        head: How the head was trained, with the epochs that it really had.
        fine_tune: How it was fine-tuned; None for a head run.
        cut: The layer that fine-tuning cuts the model behind; "" for a head run.
        last: The last unfrozen layer; "" where none of the backbone is.
        split: The images that the results are compared on: `test`, or `val` without any.
        accuracy: The run's accuracy on them.
        versions: Versions of packages by name.
        differences: What the run did and the script does not, one sentence each.
    """

    run: Run
    config: HeadConfig
    head: TrainingConfig
    fine_tune: TrainingConfig | None
    cut: str
    last: str
    split: str
    accuracy: float
    versions: dict[str, str]
    differences: tuple[str, ...]

    @property
    def needs_more(self) -> bool:
        """Return True if a stage used any of `MORE`, so that the script must do it too."""
        usual = TrainingConfig()
        stages = [stage for stage in (self.head, self.fine_tune) if stage is not None]
        return any(getattr(s, name) != getattr(usual, name) for s in stages for name in MORE)

    @property
    def planned_epochs(self) -> dict[str, int]:
        """Epochs that each stage was to have: a cosine is as long as that, whatever ended it."""
        return {"head": self.config.training.epochs, "fine_tune": self.run.config.training.epochs}

    @property
    def pretrained(self) -> bool:
        """True if the backbone starts from ImageNet weights."""
        return self.config.weights == "imagenet"


def read_facts(run: Run, runs: Runs, spec: BackboneSpec) -> ScriptFacts:
    """Reads what the script of a run must know.

    Raises:
        ExportError: If the run has no results or no account of its layers.
    """
    results = run.status.results
    test = results.get("test_accuracy")
    accuracy = test if test is not None else results.get("val_accuracy")
    if accuracy is None or not run.account_path.is_file():
        raise ExportError(
            tr("Run {run} has no results yet.", run=run.id), tr("Wait until it has ended.")
        )
    account = read_json(run.account_path)
    head, differences = _head_training(run, runs)
    cut, last, fine_tune = "", "", None
    if isinstance(run.config, FineTuneConfig):
        cut, last = _cut_and_last(account)
        fine_tune = _epochs_done(run)
        differences += not_covered(fine_tune, "Fine-tuning")
        if spec.name in _DROPS_AT_RANDOM and last:
            differences.append(
                f"{spec.title} drops parts of itself at random while it is fine-tuned, each time "
                "others: a few images may come out differently."
            )
    return ScriptFacts(
        run=run,
        config=run.base,
        head=head,
        fine_tune=fine_tune,
        cut=cut,
        last=last,
        split="test" if test is not None else "val",
        accuracy=float(accuracy),
        versions=account.get("versions") or package_versions(),
        differences=tuple(differences),
    )


def not_covered(training: TrainingConfig, stage: str) -> list[str]:
    """Sentences on the options that the run used and the script leaves out."""
    usual = TrainingConfig()
    other = [
        f"{field.name} = {_shown(getattr(training, field.name))}"
        for field in dataclasses.fields(training)
        if field.name not in PLAIN + MORE + _HARMLESS
        and getattr(training, field.name) != getattr(usual, field.name)
        and not (field.name == "augmentation" and training.augmentation.mode == "none")
    ]
    if training.schedule == "plateau":
        other.append("schedule = plateau")
    return [f"{stage} also used {', '.join(other)}, which is left out here."] if other else []


def _shown(value: Any) -> str:
    return value.mode if isinstance(value, Augmentation) else str(value)


def _head_training(run: Run, runs: Runs) -> tuple[TrainingConfig, list[str]]:
    """Training of the head, and what the script omits of it."""
    if not isinstance(run.config, FineTuneConfig):
        training = _epochs_done(run)
        return training, not_covered(training, "The run")
    try:
        training, differences = _epochs_done(runs.get(run.config.head_run_id)), []
    except RunError:
        training = run.base.training
        differences = ["The head run is gone: if it was stopped early, this trains it for longer."]
    return training, not_covered(training, "The head") + differences


def _epochs_done(run: Run) -> TrainingConfig:
    """A run that was stopped had fewer epochs than it was to have."""
    training = run.config.training
    done = int(run.status.results.get("epochs_done", training.epochs))
    return dataclasses.replace(training, epochs=done)


def _cut_and_last(account: dict[str, Any]) -> tuple[str, str]:
    unfrozen = [b for b in account["blocks"] if b["name"] in account["unfrozen"]]
    cut = str(account["features"]["cut"])
    return _NESTED.get(cut, cut), str(unfrozen[-1]["layers"][-1]) if unfrozen else ""
