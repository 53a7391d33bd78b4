"""Groups: runs that were queued together to answer one question.

The members are ordinary runs, each in its own folder; `config.json` names the group. There is no
folder and no record of the group itself, so none can disagree with its runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.config import FineTuneConfig, RunConfig
from core.errors import RunError
from core.jobs.job import request_stop
from core.language import Words, anew, in_english, tr
from core.runs.run import GroupMark, Run, RunState
from core.runs.store import RunStore

GroupKind = Literal["seeds", "sweep", "data_amount"]
# Makes a run of its settings, the data set's name and the group that it is a member of.
CreateRun = Callable[[RunConfig, str, GroupMark], Run]


@dataclass(frozen=True)
class Group:
    """The members of a group as they are at one moment.

    Attributes:
        mark: What all members say of it.
        runs: Those that were not deleted, in the order in which they were made.
    """

    mark: GroupMark
    runs: tuple[Run, ...]

    @property
    def created(self) -> float:
        """When the newest member was asked for, in seconds since 1970."""
        return max(run.created for run in self.runs)

    @property
    def active(self) -> bool:
        """True if a member is queued or running."""
        return any(run.status.state.active for run in self.runs)

    @property
    def ended(self) -> int:
        """Members that are done, whatever became of them."""
        return sum(not run.status.state.active for run in self.runs)

    @property
    def completed(self) -> tuple[Run, ...]:
        """Members that were trained to their end."""
        return tuple(run for run in self.runs if run.status.state is RunState.COMPLETED)

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take, one after the other; None before the first has ended."""
        if not self.completed:
            return None
        active = [run for run in self.runs if run.status.state.active]
        left = [
            self._usual(run) if run.status.seconds_left is None else run.status.seconds_left
            for run in active
        ]
        return float(sum(left))

    def _usual(self, run: Run) -> float:
        """Expected duration of a member: the mean of its kind, else of all."""
        kind = [other for other in self.completed if other.is_head == run.is_head]
        times = [other.seconds or 0.0 for other in kind or self.completed]
        return sum(times) / len(times)


def new_mark(kind: GroupKind, title: str, about: str) -> GroupMark:
    """A mark for a new group.

    Args:
        kind: What the group is for.
        title: What people call it; best a `Words`, which every reader is told anew.
        about: Id of the run that it is asked for.
    """
    told = title.record() if isinstance(title, Words) else None
    with in_english():
        return GroupMark(secrets.token_hex(6), kind, str(anew(title)), about, told)


def queue_group(
    create: CreateRun, mark: GroupMark, configs: Iterable[RunConfig], dataset_name: str = ""
) -> list[Run]:
    """Queue the members of a group, in that order.

    Args:
        create: Makes one run, as `RunStore.create` does.
        mark: What all members say of the group.
        configs: The members' settings.
        dataset_name: The data set's name.

    Raises:
        RunError: If the workspace cannot be written to; those that were queued before are stopped.
    """
    made: list[Run] = []
    try:
        for config in configs:
            made.append(create(config, dataset_name, mark))
    except RunError:
        for run in made:
            request_stop(run.path)
        raise
    return made


def groups_of(runs: Iterable[Run]) -> list[Group]:
    """The groups among some runs, the newest first."""
    members: dict[str, list[Run]] = {}
    for run in runs:
        if run.group is not None:
            members.setdefault(run.group.id, []).append(run)
    groups = []
    for found in members.values():
        ordered = tuple(sorted(found, key=lambda run: (run.created, run.id)))
        mark = ordered[0].group
        if mark is not None:
            groups.append(Group(mark, ordered))
    return sorted(groups, key=lambda group: group.created, reverse=True)


def folded(runs: Sequence[Run]) -> list[Run | Group]:
    """Runs and groups, the newest first; a member is found inside its group alone."""
    alone: list[Run | Group] = [run for run in runs if run.group is None]
    return sorted([*alone, *groups_of(runs)], key=lambda entry: entry.created, reverse=True)


def group_about(runs: Iterable[Run], kind: GroupKind, about: str) -> Group | None:
    """The newest group of a kind that was asked for a run, or None."""
    found = (g for g in groups_of(runs) if (g.mark.kind, g.mark.about) == (kind, about))
    return next(found, None)


def standalone(runs: Sequence[Run], named: str = "") -> list[Run]:
    """Runs that stand for themselves: no member of a group, which would flood every choice.

    Args:
        runs: Any runs.
        named: Id of a run that is asked for by name: it stays, with the head it started from.

    Returns:
        Those runs, in their order.
    """
    wanted = {named}
    for run in runs:
        if run.id == named and isinstance(run.config, FineTuneConfig):
            wanted.add(run.config.head_run_id)
    return [run for run in runs if run.group is None or run.id in wanted]


def stop_group(store: RunStore, group: Group) -> None:
    """Stops the member that is being trained and takes the others out of the queue."""
    # The last first: none is taken from the queue while those before it are being stopped.
    for run in reversed(group.runs):
        if run.status.state in (RunState.QUEUED, RunState.RUNNING):
            store.request_stop(run.id)


def resume_group(store: RunStore, group: Group) -> None:
    """Puts the members that were stopped or failed into the queue again."""
    for run in group.runs:
        if run.can_resume:
            store.request_resume(run.id)


def delete_group(store: RunStore, group: Group) -> None:
    """Deletes all members.

    Raises:
        RunError: If one is still active; none is deleted then.
    """
    if group.active:
        raise RunError(
            tr("“{title}” goes on.", title=group.mark.words), tr("Stop it before deleting it.")
        )
    for run in group.runs:
        store.delete(run.id)
