"""The browser tab's title: the page's name, and how far the run is that one waits for."""

from __future__ import annotations

from collections.abc import Sequence

from core.runs import Run, RunState
from core.runs.groups import groups_of
from core.ui import browser, session
from core.ui.runs.active_run import page_of
from core.ui.runs.groups import group_share
from core.ui.runs.live import going_on, progress_share
from core.ui.runs.viewers import paced

# It moves by whole percents and is read from another tab.
REFRESH_SECONDS = 3.0


def followed_run(runs: Sequence[Run], step: str) -> Run | None:
    """The active run that this session started or looks at; one that runs before one that waits.

    Args:
        runs: All runs, the newest first.
        step: Key of the page's step: without a current run, Head and Fine-tune show the newest.
    """
    followed, none_is_current = session.followed(), session.current_run_id() is None
    own = [
        run
        for run in runs
        if run.status.state.active
        and (
            run.id in followed
            or (run.group is not None and run.group.about in followed)
            or (none_is_current and page_of(run)[1] == step)
        )
    ]
    return min(
        own, key=lambda run: (run.status.state is RunState.QUEUED, run.created), default=None
    )


def tab_title(name: str, run: Run | None) -> str:
    """The title: "43 % · Head · Unfreeze" while the run goes on, without the share otherwise.

    Args:
        name: The page's title without a run.
        run: The followed run. A member of a group stands for the whole group.
    """
    share = None if run is None else _share(run)
    return name if share is None else f"{int(100 * share)} % · {name}"


def keep_tab_title(name: str, run: Run | None) -> None:
    """Keeps the title up to date while the run goes on; its end draws the page anew, and plain."""
    if run is not None:
        session.watch(run.id)  # what is looked at is followed on other pages too
        paced(_keep, REFRESH_SECONDS)(name, run.id)


def _keep(name: str, run_id: str) -> None:
    run = going_on(run_id)
    browser.set_tab_title(tab_title(name, run))


def _share(run: Run) -> float | None:
    """Between 0 and 1; None while all of it waits."""
    if run.group is None:
        return None if run.status.state is RunState.QUEUED else progress_share(run)
    groups = groups_of(session.run_store().list())
    group = next((group for group in groups if group.mark.id == run.group.id), None)
    if group is None or all(member.status.state is RunState.QUEUED for member in group.runs):
        return None
    return group_share(group)
