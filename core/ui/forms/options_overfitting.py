"""Settings against overfitting and class imbalance."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.config import TrainingConfig
from core.datasets import Dataset
from core.datasets.balance import balance_sentence
from core.language import tr, trn
from core.ui.data.manifests import cached_manifest
from core.ui.text import plain

_PATIENCE = (0, 3, 5, 8, 12, 20)


def overfitting_options(training: TrainingConfig, key: str) -> TrainingConfig:
    """Shows early stopping and label smoothing.

    Returns:
        `training` with what was chosen.
    """
    patience: int = st.select_slider(
        tr("Stop early"),
        sorted({*_PATIENCE, training.patience}),
        value=training.patience,
        format_func=_patience_words,
        key=f"{key}_patience",
        help=tr(
            "Ends when the validation loss has not become better for so many epochs. The best "
            "epoch's model is kept either way; this saves the time."
        ),
    )
    smoothing = st.slider(
        tr("Label smoothing"),
        0.0,
        0.3,
        training.label_smoothing,
        0.01,
        key=f"{key}_smoothing",
        help=tr(
            "Asks for 90 % instead of 100 % certainty at 0.1: the model becomes less sure of "
            "itself, which helps where some labels are wrong."
        ),
    )
    return replace(training, patience=patience, label_smoothing=smoothing)


def _patience_words(epochs: int) -> str:
    # In English always many, as the choices are.
    return trn("after {count} epochs", "after {count} epochs", epochs) if epochs else tr("never")


def is_uneven(dataset: Dataset) -> bool:
    """Return True if a class has several times the training images of another."""
    return bool(balance_sentence(cached_manifest(dataset)))


def offer_class_weights(training: TrainingConfig, key: str, dataset: Dataset) -> TrainingConfig:
    """Offers class weights, and says why where the classes are of very different sizes.

    Returns:
        `training` with what was chosen.
    """
    uneven = balance_sentence(cached_manifest(dataset))
    if uneven:
        st.caption(f":material/balance: {plain(uneven)}")
    chosen = st.toggle(
        tr("Rare classes count as much"),
        value=training.class_weights,
        key=f"{key}_class_weights",
        help=tr(
            "Class weights: an error on an image of a rare class moves the model further, so "
            "that every class has the same say. Rare classes are found more often, and common ones "
            "mistaken for them more often too."
        ),
    )
    return replace(training, class_weights=chosen)
