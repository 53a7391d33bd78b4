"""The Fine-tune page's settings: how to train what was chosen, and what speaks against it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.backbones.defaults import FINE_TUNE_RATE_DIVISOR, suggest_fine_tuning
from core.config import FineTuneConfig, TrainingConfig
from core.datasets import Dataset
from core.evaluation.convergence import still_learning
from core.language import tr
from core.runs import Run
from core.runs.metrics_log import epoch_table, read_metrics
from core.team.permissions import Action
from core.ui.acts import act_button
from core.ui.forms import training_form
from core.ui.forms.rate_test import rate_test
from core.ui.forms.unfreeze_choice import Choice
from core.ui.tips import show_tips

FEW_IMAGES = 1000  # trainable parameters for each training image


def fine_tune_settings(head_run: Run, choice: Choice, dataset: Dataset) -> FineTuneConfig:
    """Shows how to train: rate and epochs, the rest folded. The head's settings are the defaults.

    Returns:
        What the settings and the choice come to.
    """
    origin = training_form.origin(dataset, head_run)
    default = suggest_fine_tuning(head_run.base)
    # A run whose settings are taken brings its own defaults, so it is part of the keys.
    mark = ""
    if origin is not None:
        default, mark = origin.config.training, f"_{origin.id}"
    key = f"ft_{head_run.id}{mark}"
    rate_key = f"ft_rate_{head_run.id}{mark}"
    rate = training_form.learning_rate(default.learning_rate, rate_key)
    show_tips("low_rate")
    below_rate = st.container()
    epochs = training_form.epochs(default.epochs, f"ft_epochs{mark}")
    backbone = choice.scope != "none"
    training, _ = training_form.advanced(replace(default, epochs=epochs), key, dataset, backbone)
    config = FineTuneConfig(
        head_run_id=head_run.id,
        base=head_run.base,
        block=choice.block,
        scope=choice.scope,
        freeze_batchnorm=choice.freeze_batchnorm,
        training=replace(training, learning_rate=rate),
    )
    with below_rate:
        rate_test(config, dataset, rate_key)
    return config


def fine_tune_button(choice: Choice) -> bool:
    """Shows the button; whether it was pressed."""
    icon = ":material/local_fire_department:"
    return act_button(
        choice.words, type="primary", icon=icon, width="stretch", key="train", to=Action.START_RUN
    )


def warn(head_run: Run, choice: Choice, training: TrainingConfig, train_images: int) -> None:
    """Show warnings about the settings; none of them prevents the run."""
    head_rate = head_run.base.training.learning_rate
    if training.learning_rate > head_rate / FINE_TUNE_RATE_DIVISOR * 1.001:
        st.warning(
            tr(
                "This rate is more than a tenth of the head's ({rate}). "
                "Large steps can wipe out what the backbone has learned.",
                rate=training_form.rate_text(head_rate),
            ),
            icon=":material/speed:",
        )
    if still_learning(epoch_table(read_metrics(head_run.metrics_path))):
        st.warning(
            tr(
                "The head was still learning when it ended: its errors are larger than they need "
                "be, and they would pull at the backbone. Train it with more epochs first."
            ),
            icon=":material/trending_down:",
        )
    if choice.counts.trainable > FEW_IMAGES * train_images:
        st.info(
            tr(
                "{weights} weights will follow {images} training images: overfitting is likely. "
                "The best epoch on validation is kept.",
                weights=choice.counts.trainable,
                images=train_images,
            ),
            icon=":material/info:",
        )
