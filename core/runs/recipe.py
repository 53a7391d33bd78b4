"""A training without a browser as a file: which data, which head, which fine-tuning.

Plain values, as YAML gives them, become the configurations that the pages make. What is left out
has the pages' defaults; what is not known is refused, so that a slip of the pen never passes for
a setting.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_type_hints

from core.config import Augmentation, FineTuneConfig, HeadConfig, TrainingConfig
from core.errors import RunError
from core.records import fits

T = TypeVar("T", bound=HeadConfig | TrainingConfig | Augmentation)

_TOP = ("data", "name", "head", "fine_tune", "minimum_test_accuracy")
_HEAD_GIVEN = ("dataset_id", "dataset_version")
_FINE_TUNE = ("block", "scope", "freeze_batchnorm", "training")


@dataclass(frozen=True)
class FineTuneRecipe:
    """Fine-tuning part of a recipe.

    Attributes:
        block: The block to unfreeze from; "" for the backbone's usual one.
        scope: See `core.config.FineTuneConfig`.
        freeze_batchnorm: See there.
        training: What it says of training, still plain values.
    """

    block: str
    scope: Any
    freeze_batchnorm: bool
    training: Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """Recipe file: everything that it asks for.

    Attributes:
        data: A folder, a zip, a data set's id, or `sample:<key>`.
        name: What to call the data set; "" for the file's own name.
        head: What it says of the head, still plain values.
        fine_tune: What it says of fine-tuning; None where there is to be none.
        minimum_test_accuracy: Below this the training counts as failed; None for no such limit.
    """

    data: str
    name: str
    head: Mapping[str, Any]
    fine_tune: FineTuneRecipe | None
    minimum_test_accuracy: float | None


def read_recipe(values: Any) -> Recipe:
    """Reads what YAML gave.

    Raises:
        RunError: If something is missing, unknown, or of the wrong kind; it names the setting.
    """
    top = _mapping(values, "the file")
    _refuse_unknown(top, _TOP, "")
    if not top.get("data"):
        raise RunError("`data` is missing.", "Name a folder, a zip, or a data set's id.")
    limit = top.get("minimum_test_accuracy")
    fine_tune = top.get("fine_tune")
    return Recipe(
        data=str(top["data"]),
        name=str(top.get("name") or ""),
        head=_mapping(top.get("head") or {}, "head"),
        fine_tune=None if fine_tune is None else _fine_tune(_mapping(fine_tune, "fine_tune")),
        minimum_test_accuracy=None
        if limit is None
        else float(_value(limit, float, "minimum_test_accuracy")),
    )


def head_config(values: Mapping[str, Any], defaults: HeadConfig) -> HeadConfig:
    """The head that a file asks for.

    Args:
        values: What it says under `head`.
        defaults: What counts where it says nothing.
    """
    for name in _HEAD_GIVEN:
        if name in values:
            raise RunError(f"`head.{name}` follows from `data`.", "Leave it out.")
    return filled(defaults, values, "head")


def filled(defaults: T, values: Mapping[str, Any], where: str) -> T:
    """A configuration with some of its values replaced.

    Raises:
        RunError: If a name is unknown or a value of the wrong kind.
    """
    hints = get_type_hints(type(defaults))
    _refuse_unknown(values, tuple(hints), f"{where}.")
    changes: dict[str, Any] = {}
    for name, value in values.items():
        before, path = getattr(defaults, name), f"{where}.{name}"
        if isinstance(before, TrainingConfig | Augmentation):
            changes[name] = filled(before, _mapping(value, path), path)
        else:
            changes[name] = _value(value, hints[name], path)
    return dataclasses.replace(defaults, **changes)


def _fine_tune(values: Mapping[str, Any]) -> FineTuneRecipe:
    _refuse_unknown(values, _FINE_TUNE, "fine_tune.")
    hints = get_type_hints(FineTuneConfig)
    return FineTuneRecipe(
        block=str(values.get("block") or ""),
        scope=_value(values.get("scope", "from"), hints["scope"], "fine_tune.scope"),
        freeze_batchnorm=_value(
            values.get("freeze_batchnorm", True), bool, "fine_tune.freeze_batchnorm"
        ),
        training=_mapping(values.get("training") or {}, "fine_tune.training"),
    )


def _value(value: Any, kind: Any, where: str) -> Any:
    """A plain value of the wanted kind."""
    if kind is float and isinstance(value, str):
        # YAML reads 1e-4 as text: its numbers need a point.
        value = _number(value)
    if fits(value, kind):
        return float(value) if kind is float else value
    if choices := ", ".join(map(str, get_args(kind))):
        raise RunError(f"`{where}` is {value!r}.", f"It is one of {choices}.")
    raise RunError(f"`{where}` is {value!r}.", f"It must be of the kind {kind.__name__}.")


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RunError(f"{where} is {value!r}.", "It must hold settings, one a line.")
    return value


def _refuse_unknown(values: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [name for name in values if name not in known]
    if unknown:
        usable = [name for name in known if name not in _HEAD_GIVEN]
        raise RunError(
            f"There is no setting `{where}{unknown[0]}`.", f"There are {', '.join(usable)}."
        )
