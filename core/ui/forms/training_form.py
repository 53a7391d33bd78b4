"""The settings of training that both stages share: rate, epochs, and the sections behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.config import TrainingConfig
from core.datasets import Dataset
from core.language import moment, number, tr
from core.runs import Run
from core.ui import session
from core.ui.forms.augmentation_form import augmentation_options
from core.ui.forms.options_computing import computing_options
from core.ui.forms.options_overfitting import is_uneven, offer_class_weights, overfitting_options
from core.ui.forms.options_steps import step_options

RATES = (*(m * 10.0**-e for e in range(6, 1, -1) for m in (1, 2, 3, 5)), 0.1)


def origin(dataset: Dataset, head_run: Run | None = None) -> Run | None:
    """Show the run whose settings the form begins with, and the way back.

    Args:
        dataset: The current data set.
        head_run: The head to fine-tune; None in the form of head runs.

    Returns:
        That run; None where the form begins with what is suggested.
    """
    run = session.settings_taken(dataset.id, head=head_run is None)
    if run is None:
        return None
    when = moment(run.created)
    if head_run is not None and head_run.id != getattr(run.config, "head_run_id", ""):
        st.caption(
            tr(
                "The run of {when} was fine-tuned from another head: these settings are the "
                "suggested ones.",
                when=when,
            )
        )
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(tr("The settings of the run of {when}, to change as you like.", when=when))
        st.button(
            tr("Suggest again"),
            key="leave_settings",
            help=tr("Goes back to the settings that suit this data set."),
            on_click=session.leave_settings,
        )
    return run


def rate_text(rate: float) -> str:
    """A learning rate as people write it: 0.001, 1e-05."""
    if rate < 1e-4:
        return f"{rate:.0e}"
    return number(rate, len(f"{rate:.6f}".rstrip("0").partition(".")[2]))


def nearest_rate(rate: float) -> float:
    """The step of the slider that is nearest to a rate, by their ratio."""
    return min(RATES, key=lambda step: abs(math.log(step / rate)))


def learning_rate(default: float, key: str) -> float:
    """A slider over learning rates, at `default` or the step nearest to it."""
    # Through the state alone, so that a rate test can move the slider.
    st.session_state.setdefault(key, nearest_rate(default))
    chosen: float = st.select_slider(
        tr("Learning rate"),
        RATES,
        format_func=rate_text,
        key=key,
        help=tr("How large a step each batch makes. Too large forgets, too small never arrives."),
    )
    return chosen


def epochs(default: int, key: str) -> int:
    """A slider over epochs."""
    return st.slider(
        tr("Epochs"),
        1,
        100,
        min(default, 100),
        key=key,
        help=tr("How often all training images are seen. The best epoch's model is kept."),
    )


@dataclass(frozen=True)
class Sections:
    """Places in the three folded sections for what one stage alone has: at the top of two, at the
    end of the last."""

    steps: DeltaGenerator
    overfitting: DeltaGenerator
    computing: DeltaGenerator


def advanced(
    training: TrainingConfig, key: str, dataset: Dataset, backbone: bool
) -> tuple[TrainingConfig, Sections]:
    """Shows what a beginner leaves alone, folded; class weights stand before it where they matter.

    Args:
        training: The defaults, with the epochs that were chosen.
        key: Start of the widgets' keys.
        dataset: That is trained on.
        backbone: Whether part of the backbone is trained too.

    Returns:
        `training` with what was chosen, and the places for more.
    """
    uneven = is_uneven(dataset)
    if uneven:
        training = offer_class_weights(training, key, dataset)
    with st.expander(tr("Advanced")):
        tabs = st.tabs([tr("Steps"), tr("Overfitting"), tr("Computing")])
    steps, overfitting = tabs[0].container(), tabs[1].container()
    with tabs[0]:
        training = step_options(training, key, backbone)
    with tabs[1]:
        training = overfitting_options(training, key)
        if not uneven:
            training = offer_class_weights(training, key, dataset)
        varied = augmentation_options(training.augmentation, key, dataset, training.epochs)
    with tabs[2]:
        training = computing_options(training, key)
    sections = Sections(steps, overfitting, tabs[2].container())
    return replace(training, augmentation=varied), sections
