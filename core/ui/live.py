"""The live view of a run: phase, time left, stop, and the chart that grows."""

from __future__ import annotations

import streamlit as st

from core.charts.learning_curve import CurvePart, figure
from core.config import FineTuneConfig
from core.errors import RunError
from core.runs import Run, RunState
from core.runs.metrics_log import epoch_table, read_metrics, running_batch
from core.runs.run import PHASES
from core.ui import session
from core.ui.cards import failed_run_card
from core.ui.live_chart import live_chart
from core.ui.text import plain

REFRESH_SECONDS = 1.0
_PHASE_WORDS = {
    "": "Waiting in the queue",
    "starting": "Starting",
    "reading": "Reading the data set",
    "features": "Computing features of the frozen layers, once per image",
    "training": "Training",
    "evaluating": "Predicting validation and test images",
    "saving": "Saving and checking the model",
}
# Rough shares of a run's time, so that one bar runs over all phases.
_SHARES = {"starting": 0.1, "reading": 0.02, "features": 0.3, "training": 0.5, "evaluating": 0.02}


def live_run(run: Run) -> None:
    """Shows a run: going on, or as it ended. One full rerun follows its end."""
    active = run.status.state.active
    st.fragment(_view, run_every=REFRESH_SECONDS if active else None)(run.id, active)


def _view(run_id: str, was_active: bool) -> None:
    try:
        run = session.run_store().get(run_id)
    except RunError:
        st.rerun()
    if was_active and not run.status.state.active:
        st.rerun()
    if run.status.state.active:
        _progress(run)
    elif run.status.state is RunState.FAILED:
        failed_run_card(run)
    elif run.status.state is RunState.STOPPED:
        st.info(_stopped_words(run), icon=":material/stop_circle:")
    parts = curve_parts(run)
    if any(len(part.epochs) or part.batch for part in parts[-1:]):
        live_chart(figure(parts), key=f"curve_{run_id}", alt=_curve_words(parts[-1]))


def curve_parts(run: Run) -> list[CurvePart]:
    """The head's part of the time line, and the fine-tuning's where the run is one."""
    parts = []
    if isinstance(run.config, FineTuneConfig):
        try:
            head = session.run_store().get(run.config.head_run_id)
            parts.append(_part(head, "head", frozen=True))
        except RunError:
            pass  # deleted since: the curve begins with fine-tuning
    return [*parts, _part(run, "head" if run.is_head else "fine-tuning", run.is_head)]


def _part(run: Run, title: str, frozen: bool) -> CurvePart:
    rows = read_metrics(run.metrics_path)
    epochs = epoch_table(rows)
    planned = run.config.training.epochs if run.status.state.active else max(1, len(epochs))
    return CurvePart(title, epochs, running_batch(rows), planned, frozen)


def _progress(run: Run) -> None:
    status = run.status
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    bar.progress(progress_share(run), text=progress_words(run))
    stopping = status.state is RunState.STOPPING
    if stop.button(
        "Stopping" if stopping else "Stop",
        icon=":material/stop:",
        disabled=stopping,
        key=f"stop_{run.id}",
        width="stretch",
        help="Ends after this batch and keeps the best epoch's model.",
    ):
        session.run_store().request_stop(run.id)
        st.rerun()


def progress_share(run: Run) -> float:
    """How far the run is over all phases, between 0 and 1."""
    status = run.status
    if status.phase not in PHASES:
        return 0.0
    before = sum(_SHARES.get(phase, 0.0) for phase in PHASES[: PHASES.index(status.phase)])
    inside = status.done / status.total if status.total else 0.0
    return min(1.0, before + _SHARES.get(status.phase, 0.06) * inside)


def progress_words(run: Run) -> str:
    """The phase, how far it is, and the time left."""
    status = run.status
    if status.state is RunState.STOPPING:
        return "Stopping after this batch"
    words = _PHASE_WORDS.get(status.phase, status.phase)
    if status.state is RunState.QUEUED:
        ahead = sum(
            other.status.state.active and other.created < run.created
            for other in session.run_store().list()
        )
        return f"{words}, {ahead} before it" if ahead else words
    if status.phase == "training":
        words = _training_words(run)
    elif status.total:
        words = f"{words}: {status.done:,} of {status.total:,} {status.unit}"
    if status.seconds_left is not None and status.seconds_left >= 1:
        words += f" · about {duration(status.seconds_left)} left"
    return plain(words)


def _training_words(run: Run) -> str:
    rows = read_metrics(run.metrics_path)
    if not rows:
        return "Preparing the first step"
    batch, epochs = running_batch(rows), run.config.training.epochs
    words = f"Epoch {rows[-1]['epoch']} of {epochs}"
    if batch:
        words += f", batch {batch['batch']} of {batch['batches']}"
    speed = next((row["images_per_second"] for row in rows[::-1] if row["event"] == "epoch"), None)
    return f"{words} · {speed:,.0f} images/s" if speed else words


def duration(seconds: float) -> str:
    """A duration as people say it: 48 s, 2 min, 1 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _stopped_words(run: Run) -> str:
    best = run.status.results.get("best_epoch")
    if best:
        done = run.status.results.get("epochs_done")
        return f"Stopped after {done} epochs. The model of epoch {best}, the best, was kept."
    return "Stopped before the first epoch ended: there is no model. Start it again when you like."


def _curve_words(part: CurvePart) -> str:
    if not len(part.epochs):
        return f"Accuracy and loss of {part.title} by epoch: the first epoch is running."
    last = part.epochs.iloc[-1]
    return (
        f"Accuracy and loss of {part.title} by epoch. After epoch {int(last['epoch'])}: "
        f"{last['val_accuracy']:.1%} on validation."
    )
