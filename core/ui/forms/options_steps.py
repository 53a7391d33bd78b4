"""Optimization settings: optimizer, learning rate schedule, weight decay, backbone multiplier."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.config import OptimizerName, Schedule, TrainingConfig
from core.language import mark, plain_number, tr, trn

_OPTIMIZERS: dict[OptimizerName, str] = {
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": mark("SGD with momentum"),
}
_SCHEDULES: dict[Schedule, str] = {
    "constant": mark("Stays"),
    "cosine": mark("Falls to nothing by the end"),
    "plateau": mark("Falls when nothing improves"),
}
_WARMUPS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0)
_DECAYS = (0.0, 1e-5, 1e-4, 1e-3, 4e-3, 1e-2, 5e-2, 0.1)
_ADAMW_DECAY = 4e-3
_SHARES = (1.0, 0.5, 0.3, 0.1, 0.03, 0.01)


def step_options(training: TrainingConfig, key: str, backbone: bool) -> TrainingConfig:
    """Shows them.

    Args:
        training: The defaults.
        key: Start of the widgets' keys.
        backbone: Whether part of the backbone is trained too.

    Returns:
        `training` with what was chosen.
    """
    optimizer = _optimizer(training, key)
    schedule: Schedule = st.selectbox(
        tr("Course of the rate"),
        list(_SCHEDULES),
        index=list(_SCHEDULES).index(training.schedule),
        format_func=lambda name: tr(_SCHEDULES[name]),
        key=f"{key}_schedule",
        help=tr(
            "Large steps find the way, small ones the place. Falling by the end: along half a "
            "cosine. When nothing improves: to a fifth after three epochs without a better "
            "validation loss."
        ),
    )
    warmup: float = st.select_slider(
        tr("Warm-up"),
        _with(_WARMUPS, training.warmup_epochs),
        value=training.warmup_epochs,
        format_func=_epochs_words,
        key=f"{key}_warmup",
        help=tr(
            "The rate rises from nothing in these first epochs, so that the first, largest "
            "errors do little harm."
        ),
    )
    share = _backbone_share(training, key) if backbone else training.backbone_rate
    decay = _decay(training, optimizer, key)
    return replace(
        training,
        optimizer=optimizer,
        schedule=schedule,
        warmup_epochs=warmup,
        backbone_rate=share,
        weight_decay=decay,
    )


def _optimizer(training: TrainingConfig, key: str) -> OptimizerName:
    chosen: OptimizerName = st.selectbox(
        tr("Optimizer"),
        list(_OPTIMIZERS),
        index=list(_OPTIMIZERS).index(training.optimizer),
        format_func=lambda name: tr(_OPTIMIZERS[name]),
        key=f"{key}_optimizer",
        help=tr("The rule that turns errors into steps. SGD takes a rate some ten times larger."),
    )
    return chosen


def _decay(training: TrainingConfig, optimizer: OptimizerName, key: str) -> float:
    # AdamW without decay would be Adam: who chooses it gets its usual one, and may change it.
    usual = _ADAMW_DECAY if optimizer == "adamw" else 0.0
    default = training.weight_decay or usual
    decay: float = st.select_slider(
        tr("Weight decay"),
        _with(_DECAYS, default),
        value=default,
        format_func=lambda value: plain_number(value) if value else tr("none"),
        key=f"{key}_decay_{usual}",
        help=tr("Pulls the weights towards zero a little in every step, against overfitting."),
    )
    return decay


def _backbone_share(training: TrainingConfig, key: str) -> float:
    share: float = st.select_slider(
        tr("The backbone's rate"),
        _with(_SHARES, training.backbone_rate),
        value=training.backbone_rate,
        format_func=_share_words,
        key=f"{key}_backbone_rate",
        help=tr(
            "The unfrozen blocks may take smaller steps than the head: they have more to lose."
        ),
    )
    return share


def _share_words(share: float) -> str:
    return tr("the head's") if share == 1 else tr("{share} of it", share=plain_number(share))


def _with(values: tuple[float, ...], default: float) -> list[float]:
    """The values on offer, and the default where another version or run had another."""
    return sorted({*values, default}, reverse=values[0] > values[-1])


def _epochs_words(epochs: float) -> str:
    if not epochs:
        return tr("none")
    if epochs == int(epochs):
        return trn("{count} epoch", "{count} epochs", int(epochs))
    return (
        tr("{share} epochs", share=plain_number(epochs))
        if epochs > 1
        else tr("{share} epoch", share=plain_number(epochs))
    )
