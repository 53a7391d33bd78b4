"""Finding a learning rate: the button below the slider, the test's progress, and what it found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from core.charts.rate_finder import figure
from core.config import FineTuneConfig, HeadConfig, RateTestConfig, TrainingConfig
from core.datasets import Dataset
from core.evaluation.rate_curve import read_rate_curve
from core.language import tr
from core.runs import Run, RunState
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.cards import failure_card
from core.ui.forms.training_form import nearest_rate, rate_text
from core.ui.refreshed import refreshed
from core.ui.runs.live import going_on, progress_share, progress_words
from core.ui.runs.results import timed_pass

REFRESH_SECONDS = 1.0
Meant = HeadConfig | FineTuneConfig


def rate_test(meant: Meant, dataset: Dataset, rate_key: str) -> None:
    """Shows the button, and the newest test of this page where there is one.

    Args:
        meant: The run whose rate is looked for, as the form has it now.
        dataset: That it is trained on.
        rate_key: Key of the rate's slider.
    """
    run = next(iter(_tests(meant)), None)
    if run is not None and run.status.state.active:
        refreshed(_progress, REFRESH_SECONDS)(run.id)
        return
    rate = None
    if run is not None and run.status.state is RunState.FAILED:
        failure_card(run.status)
    if run is not None and run.status.state is RunState.COMPLETED:
        rate = _result(run, meant)
    with st.container(horizontal=True):
        if rate is not None and st.session_state.get(rate_key) != rate:
            _use_button(rate_key, rate)
        if _find_button(rate_key, again=run is not None):
            _start(meant, dataset)


def _find_button(rate_key: str, again: bool) -> bool:
    return act_button(
        tr("Find it again") if again else tr("Find a rate"),
        icon=":material/troubleshoot:",
        key=f"find_{rate_key}",
        to=Action.START_RUN,
        help=tr(
            "Tries a hundred rates on your images, from a millionth to one, and looks from where "
            "on the loss goes up. It takes seconds once the frozen layers have seen the images; "
            "what they gave is kept for the training."
        ),
    )


def _use_button(rate_key: str, rate: float) -> None:
    st.button(
        tr("Use {rate}", rate=rate_text(rate)),
        icon=":material/check:",
        key=f"use_{rate_key}",
        on_click=_use,
        args=(rate_key, rate),
    )


def _tests(meant: Meant) -> list[Run]:
    """The tests for this page's form, the newest first."""
    return [
        run
        for run in session.run_store().list(rate_tests=True)
        if isinstance(run.config, RateTestConfig) and _subject(run.config.meant) == _subject(meant)
    ]


def _subject(meant: Meant) -> tuple[str, str]:
    if isinstance(meant, FineTuneConfig):
        return meant.base.dataset_id, meant.head_run_id
    return meant.dataset_id, ""


def _start(meant: Meant, dataset: Dataset) -> None:
    tuning = meant if isinstance(meant, FineTuneConfig) else None
    base = meant.base if isinstance(meant, FineTuneConfig) else meant
    # Only the newest is shown; one that timed a pass is what estimates of time rest on.
    earlier = [run for run in _tests(meant) if not timed_pass(run)]
    act(lambda: session.team().runs.rate_test(base, tuning, dataset.name, earlier), queues=True)


def _progress(run_id: str) -> None:
    run = going_on(run_id)
    words = progress_words(run)
    if run.status.phase == "training" and run.status.state is RunState.RUNNING:
        words = tr("Trying rates: {done} of {total}", done=run.status.done, total=run.status.total)
    st.progress(progress_share(run), text=words)
    stopping = run.status.state is RunState.STOPPING
    if act_button(
        tr("Stop"),
        icon=":material/stop:",
        key=f"stop_{run_id}",
        to=Action.STOP_RUN,
        on=("run", run_id),
        disabled=stopping,
    ):
        act(lambda: session.team().runs.stop(run_id))


def _result(run: Run, meant: Meant) -> float | None:
    """Shows the curve; the suggested step of the slider, or None where there is no curve."""
    curve = read_rate_curve(run.path)
    if curve is None:
        st.caption(tr("What this test measured cannot be read. Find it again."))
        return None
    rate = nearest_rate(curve.suggested)
    st.plotly_chart(
        figure(curve, rate, rate_text(rate)),
        key=f"rate_curve_{run.id}",
        config={"displayModeBar": False},
        alt=tr("Loss against learning rate; {rate} is suggested", rate=rate_text(rate)),
    )
    if isinstance(run.config, RateTestConfig) and _decisive(run.config.meant) != _decisive(meant):
        other = tr("Measured with other settings than those chosen now.")
        st.caption(f":material/history: {other}")
    st.caption(
        tr("A tenth of the largest rate at which the loss was about as good as at its best.")
    )
    return rate


def _use(rate_key: str, rate: float) -> None:
    st.session_state[rate_key] = rate


def _decisive(meant: Meant) -> Any:
    """The configuration without what has no say in the rate."""
    usual = TrainingConfig()
    chosen = meant.training
    training = replace(
        usual,
        optimizer=chosen.optimizer,
        batch_size=chosen.batch_size,
        backbone_rate=chosen.backbone_rate,
        weight_decay=chosen.weight_decay,
        label_smoothing=chosen.label_smoothing,
        class_weights=chosen.class_weights,
        mixed_precision=chosen.mixed_precision,
    )
    return replace(meant, training=training)
