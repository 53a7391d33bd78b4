"""The live view of a run: phase, time left, stop, and the chart that grows."""

from __future__ import annotations

import time

import streamlit as st

from core.charts.learning_curve import CurvePart, figure
from core.config import FineTuneConfig
from core.errors import RunError
from core.language import Words, language, mark, number, plain_number, tr
from core.runs import Run, RunState, RunStatus
from core.runs.reader import in_order
from core.runs.run import PHASES
from core.ui import session
from core.ui.cards import failure_card
from core.ui.moments import duration
from core.ui.refreshed import refreshed
from core.ui.runs.actions import kill_button, resume_button, stop_button
from core.ui.runs.live_chart import live_chart
from core.ui.runs.viewers import paced, picture_age, shared
from core.ui.text import percent, plain

REFRESH_SECONDS = 1.0
# A worker stops within a batch; one that takes longer than this may be ended by force.
PATIENCE_SECONDS = 15.0
_PHASE_WORDS = {
    "": mark("Waiting in the queue"),
    "starting": mark("Starting"),
    "reading": mark("Reading the data set"),
    "features": mark("Computing features of the frozen layers, once per image"),
    "training": mark("Training"),
    "evaluating": mark("Predicting validation and test images"),
    "saving": mark("Saving and checking the model"),
}
# Rough shares of a run's time, so that one bar runs over all phases.
_SHARES = {"starting": 0.1, "reading": 0.02, "features": 0.3, "training": 0.5, "evaluating": 0.02}


def live_run(run: Run) -> None:
    """Shows a run: going on, or as it ended. One full rerun follows its begin and its end."""
    if run.status.state.active:
        paced(_view, REFRESH_SECONDS)(run.id, run.status.state)
    else:
        refreshed(_view, None)(run.id, run.status.state)


def _view(run_id: str, drawn_as: RunState) -> None:
    try:
        run = session.run_store().get(run_id)
    except RunError:
        st.rerun()
    # The rest of the page, such as the sidebar, was drawn for a run that still waited.
    begun = drawn_as is RunState.QUEUED and run.status.state is not RunState.QUEUED
    if drawn_as.active and (begun or not run.status.state.active):
        st.rerun()
    if run.status.state.active:
        _progress(run)
    elif run.status.state is RunState.FAILED:
        failure_card(run.status)
    elif run.status.state is RunState.STOPPED:
        st.info(_stopped_words(run), icon=":material/stop_circle:")
    if run.can_resume:
        resume_button(run, "view")
    drawn = _drawn(run)
    if drawn is not None:
        live_chart(drawn[0], key=f"curve_{run_id}", alt=drawn[1])


def going_on(run_id: str) -> Run:
    """The run as it is now; where it has ended or is gone, the whole page is drawn anew."""
    try:
        run = session.run_store().get(run_id)
    except RunError:
        st.rerun()
    if not run.status.state.active:
        st.rerun()
    return run


def curve_parts(run: Run) -> list[CurvePart]:
    """The head's part of the time line, and the fine-tuning's where the run is one."""
    return [_part(shown) for shown in _on_curve(run)]


def _on_curve(run: Run) -> list[Run]:
    """The run, and before it the head run that it started from."""
    if not isinstance(run.config, FineTuneConfig):
        return [run]
    try:
        return [session.run_store().get(run.config.head_run_id), run]
    except RunError:
        return [run]  # deleted since: the curve begins with fine-tuning


def _drawn(run: Run) -> tuple[str, str] | None:
    """The chart as JSON and in words, made once for all that see the same; None before there is
    something to draw."""
    runs = _on_curve(run)
    seen = language(), *((str(shown.path), shown.status.state.active) for shown in runs)
    version = tuple(session.metrics_view(shown).read().version for shown in runs)
    # Who looks at what has ended is none of the crowd that has to share the machine.
    age = picture_age(REFRESH_SECONDS) if run.status.state.active else 0.0
    return shared(("curve", *seen), version, lambda: _draw(runs), age)


def _draw(runs: list[Run]) -> tuple[str, str] | None:
    parts = [_part(shown) for shown in runs]
    last = parts[-1]
    if not len(last.epochs) and last.batch is None:
        return None
    return str(figure(parts).to_json()), _curve_words(last)


def _part(run: Run) -> CurvePart:
    epochs, batch, _ = session.metrics_view(run).read()
    done = int(epochs["epoch"].max()) if len(epochs) else 1
    planned = run.config.training.epochs if run.status.state.active else done
    title, rate = (
        tr("head") if run.is_head else tr("fine-tuning"),
        run.config.training.learning_rate,
    )
    return CurvePart(title, epochs, batch, planned, run.is_head, rate)


def _progress(run: Run) -> None:
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    bar.progress(progress_share(run), text=progress_words(run))
    with stop:
        stop_button(run, "view")
        if run.status.state is RunState.STOPPING and _asked_since(run) > PATIENCE_SECONDS:
            kill_button(run, "view")


def _asked_since(run: Run) -> float:
    """Seconds since a stop was asked for."""
    try:
        return time.time() - run.stop_path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def progress_share(run: Run) -> float:
    """Progress of the run over all phases, between 0 and 1."""
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
        return tr("Stopping after this batch")
    words = tr(_PHASE_WORDS.get(status.phase, status.phase))
    if status.state is RunState.QUEUED:
        ahead = _runs_before(run)
        return tr("{what}, {count} before it", what=words, count=ahead) if ahead else words
    if status.phase == "training":
        words = _training_words(run)
    elif status.total:
        words = _done_words(words, status)
    if status.seconds_left is not None and status.seconds_left >= 1:
        left = duration(status.seconds_left)
        words = tr("{what} · about {time} left", what=words, time=left)
    return plain(words)


def _done_words(what: Words, status: RunStatus) -> Words:
    done, total = status.done, status.total
    if status.unit == "images":
        return tr("{what}: {done} of {total} images", what=what, done=done, total=total)
    return tr("{what}: {done} of {total}", what=what, done=done, total=total)


def _training_words(run: Run) -> Words:
    table, batch, _ = session.metrics_view(run).read()
    if batch is None and not len(table):
        return tr("Preparing the first step")
    epoch = batch["epoch"] if batch else int(table["epoch"].iloc[-1])
    words = tr("Epoch {epoch} of {epochs}", epoch=epoch, epochs=run.config.training.epochs)
    if batch:
        words = tr(
            "{what}, batch {batch} of {batches}",
            what=words,
            batch=int(batch["batch"]),
            batches=int(batch["batches"]),
        )
    speed = float(table["images_per_second"].iloc[-1]) if len(table) else 0.0
    return tr("{what} · {speed} images/s", what=words, speed=number(speed)) if speed else words


def _runs_before(run: Run) -> int:
    runs = session.going_on()
    waiting = in_order(runs)
    return len(runs) - len(waiting) + sum(other.order < run.order for other in waiting)


def _stopped_words(run: Run) -> str:
    best = run.status.results.get("best_epoch")
    if best:
        done = run.status.results.get("epochs_done")
        return tr(
            "Stopped after {done} epochs. The model of epoch {best}, the best, was kept.",
            done=done,
            best=best,
        )
    return tr("Stopped before the first epoch ended: there is no model yet.")


def _curve_words(part: CurvePart) -> str:
    if not len(part.epochs):
        return tr(
            "Accuracy, loss and rate of {stage} by epoch: the first epoch is running.",
            stage=part.title,
        )
    last = part.epochs.iloc[-1]
    return tr(
        "Accuracy, loss and rate of {stage} by epoch. After epoch {epoch}: "
        "{share} on validation, at a rate of {rate}.",
        stage=part.title,
        epoch=int(last["epoch"]),
        share=percent(last["val_accuracy"]),
        rate=plain_number(last["learning_rate"]),
    )
