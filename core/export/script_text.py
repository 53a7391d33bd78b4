"""The parts of a run's script that differ from run to run: introduction, settings, backbone."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from core.backbones.spec import BackboneSpec
from core.config import FineTuneConfig, TrainingConfig
from core.export.script_facts import MORE, PLAIN, ScriptFacts

_WIDTH = 96


def introduction(facts: ScriptFacts, spec: BackboneSpec, digits: bool) -> str:
    """Introduce the script: its purpose, how to run it, and its differences from the run."""
    run = facts.run
    data = run.dataset_name or run.base.dataset_id
    stages = "a head" if facts.fine_tune is None else "a head, then fine-tuning"
    versions = ", ".join(f"{name} {number}" for name, number in facts.versions.items())
    files = "images.csv" + (f" and {spec.weights_file}" if spec.bundled else "")
    call = (
        "python train.py" if digits else "python train.py FOLDER_OF_IMAGES (default: this folder)"
    )
    parts = [
        f"{_plain(data)}: {stages} on {spec.title}, as run {run.id} trained it.",
        f"Run it beside {files}:",
        f"    {call}",
        f"The run used {versions}.",
    ]
    if facts.differences:
        parts.append("NOT THE SAME AS THE RUN, so its result will differ:")
        parts += [f"- {_plain(sentence)}" for sentence in facts.differences]
    # The call is not wrapped: it is there to be copied.
    return "\n\n".join(
        p if p.startswith("    ") else textwrap.fill(p, _WIDTH, break_on_hyphens=False)
        for p in parts
    ) + ("\n")


def settings_text(facts: ScriptFacts, spec: BackboneSpec, class_names: Sequence[str]) -> str:
    """The run's settings as Python assignments."""
    config = facts.config
    weights = (spec.weights_file if spec.bundled else "imagenet") if facts.pretrained else None
    lines = [
        _names(class_names),
        f"IMAGE_SIZE = {config.image_size}",
        f"WEIGHTS = {weights!r}",
        f"DROPOUT = {config.dropout!r}",
    ]
    if config.head == "classic":
        lines.append(f"HIDDEN_UNITS = {config.hidden_units}")
    cut = "head_pool" if config.head == "light" else "head_flatten"
    lines += [f"HEAD = {_training(facts, facts.head, 'head')}", f"HEAD_CUT = {cut!r}"]
    if facts.fine_tune is not None and isinstance(facts.run.config, FineTuneConfig):
        lines.append(f"FINE_TUNE = {_training(facts, facts.fine_tune, 'fine_tune')}")
        lines.append(f"CUT = {facts.cut!r}  # all layers up to this one stay frozen")
        if facts.last:
            lines.append(f"LAST = {facts.last!r}  # the last layer that is unfrozen")
            lines.append(f"FREEZE_BATCHNORM = {facts.run.config.freeze_batchnorm}")
    lines += [f"SPLIT = {facts.split!r}", f"RUN_ACCURACY = {facts.accuracy!r}"]
    return "\n".join(lines) + "\n"


def application(spec: BackboneSpec, preprocessing: str) -> str:
    """The function that builds a backbone of Keras Applications behind its preprocessing."""
    function = spec.builder.partition(":")[2]
    return (
        "def backbone(image):\n"
        f'    """{spec.title} from Keras Applications: its last feature map."""\n'
        f"{preprocessing}"
        f"    return keras.applications.{function}(\n"
        "        include_top=False, weights=WEIGHTS, input_tensor=x\n"
        "    ).output\n"
    )


def _training(facts: ScriptFacts, training: TrainingConfig, stage: str) -> str:
    names = PLAIN + MORE if facts.needs_more else PLAIN
    values = {name: getattr(training, name) for name in names}
    if facts.needs_more:
        values["planned_epochs"] = facts.planned_epochs[stage]
    shown = [f"{name}={value!r}" for name, value in values.items()]
    one = f"dict({', '.join(shown)})"
    return one if len(one) < _WIDTH - 12 else "dict(\n    " + ",\n    ".join(shown) + ",\n)"


def _names(class_names: Sequence[str]) -> str:
    one = f"CLASS_NAMES = {list(class_names)!r}"
    if len(one) <= _WIDTH:
        return one
    return "CLASS_NAMES = [\n" + "".join(f"    {name!r},\n" for name in class_names) + "]"


def _plain(text: str) -> str:
    """Text that cannot end the docstring that it stands in."""
    return text.replace("\\", "/").replace('"""', "'''")
