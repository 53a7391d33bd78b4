"""Actions on a run: stop, resume, kill, move up, train again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.language import tr
from core.runs import Run, RunState
from core.team.owners import Kind
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button


def run_actions(run: Run) -> None:
    """The buttons that make sense for a run in its state.

    Args:
        run: The run.
    """
    state = run.status.state
    if state is RunState.QUEUED:
        move_up_button(run)
    if state.active:
        stop_button(run, "menu")
    if state in (RunState.RUNNING, RunState.STOPPING):
        kill_button(run, "menu")
    if run.can_resume:
        resume_button(run, "menu")
    clone_button(run)


def stop_button(run: Run, place: str) -> None:
    """Stops a run, or takes a queued one out of the queue."""
    state = run.status.state
    label, help_text = tr("Stop"), tr("Ends after this batch and keeps the best epoch's model.")
    if state is RunState.QUEUED:
        label = tr("Cancel")
        help_text = tr("Takes the run out of the queue; it can be resumed later.")
    if state is RunState.STOPPING:
        label = tr("Stopping")
    _button(
        label,
        ":material/stop:",
        _key("stop", run, place),
        help_text,
        lambda: session.team().runs.stop(run.id),
        Action.STOP_RUN,
        run,
        disabled=state is RunState.STOPPING,
    )


def resume_button(run: Run, place: str) -> None:
    """Puts a stopped or failed run into the queue again."""

    def resume() -> None:
        session.team().runs.resume(run.id)
        session.wake_queue()
        session.watch(run.id)

    saved = run.checkpoints_path.is_dir()
    _button(
        tr("Resume") if saved else tr("Try again"),
        ":material/play_arrow:",
        _key("resume", run, place),
        tr("Goes on where it was, to the same model as if it had never stopped.")
        if saved
        else tr("Begins again; images that went through the frozen part are not computed twice."),
        resume,
        Action.RESUME_RUN,
        run,
    )


def kill_button(run: Run, place: str) -> None:
    """Ends the process of a run that does not answer."""
    _button(
        tr("End by force"),
        ":material/dangerous:",
        _key("kill", run, place),
        tr(
            "For a run that does not stop. What was done since its last checkpoint is lost; it can "
            "be resumed."
        ),
        lambda: session.team().runs.kill(run.id),
        Action.KILL_RUN,
        run,
    )


def move_up_button(run: Run) -> None:
    """Puts a queued run before the one that is before it."""
    _button(
        tr("Move up"),
        ":material/arrow_upward:",
        _key("up", run, "menu"),
        tr("Trains this run before the one that waits before it."),
        lambda: session.team().runs.move_up(run.id),
        Action.MOVE_RUN_UP,
        run,
    )


def clone_button(run: Run) -> None:
    """Starts a new run with the settings of this one."""

    def clone() -> None:
        copy = session.team().runs.clone(run.id)
        session.wake_queue()
        session.watch(copy.id)

    _button(
        tr("Clone"),
        ":material/content_copy:",
        _key("clone", run, "menu"),
        tr("Starts a new run with the same settings and the same seed."),
        clone,
        Action.START_RUN,
    )


def _key(action: str, run: Run, place: str) -> str:
    return f"{action}_{run.id}" if place == "view" else f"{action}_{place}_{run.id}"


def _button(
    label: str,
    icon: str,
    key: str,
    help_text: str,
    work: Callable[[], Any],
    to: Action,
    run: Run | None = None,
    disabled: bool = False,
) -> None:
    on: tuple[Kind, str] | None = ("run", run.id) if run is not None else None
    if act_button(
        label,
        to,
        on,
        icon=icon,
        key=key,
        help=help_text,
        disabled=disabled,
        width="stretch",
    ):
        act(work)
