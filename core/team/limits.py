"""Limits of one user and of all together; each is a setting."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.datasets import Datasets
from core.errors import LimitError, TeamError
from core.jobs.listing import active_jobs
from core.language import Words, number, tr
from core.runs import Run, Runs
from core.sizes import kept_bytes
from core.team.acting import Acting
from core.training.feature_store import FeatureStore


@dataclass(frozen=True)
class _Limit:
    """One limit: what it is called in the settings, what it allows, what is taken of it."""

    setting: str
    most: int
    taken: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.taken)

    @property
    def variable(self) -> str:
        return f"UNFREEZE_{self.setting.upper()}"

    @property
    def each(self) -> bool:
        return self.setting.endswith("_each")


class Limits:
    """The limits as they stand for somebody now.

    Where nobody signs in, only what holds for all together counts.

    Args:
        acting: Who.
    """

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._settings = acting.settings

    def check_runs(self, count: int) -> None:
        """Check that more runs fit the limits and the disk.

        Raises:
            LimitError: If there would be too many, or their folders take too much already.
        """
        runs = Runs(self._settings.runs_dir).list(rate_tests=True)
        self._check_jobs(self._active(runs), count)
        size = {run.id: run.disk_bytes for run in runs}
        mine = sum(size[run_id] for run_id in self._mine("run", size))
        for limit in self._pair("limit_runs_bytes", sum(size.values()), mine):
            if not limit.left:
                raise _runs_full(limit)
        self.make_room(0)

    def check_job(self) -> None:
        """Lets pass that one more job is queued for a run that is there, with room on the disk.

        Raises:
            LimitError: If there would be too many.
        """
        runs = Runs(self._settings.runs_dir).list(rate_tests=True)
        self._check_jobs(self._active(runs), 1)
        self.make_room(0)

    def _active(self, runs: Sequence[Run]) -> list[str]:
        """For each job that waits or runs, the id of the run that it is or that it works on."""
        active = [run.id for run in runs if run.status.state.active]
        jobs = [job.folder for job in active_jobs(self._settings.queue_dir) if job.active]
        root = self._settings.runs_dir
        return active + [f.relative_to(root).parts[0] for f in jobs if f.is_relative_to(root)]

    def _check_jobs(self, active: Sequence[str], count: int) -> None:
        for limit in self._pair("limit_runs", len(active), len(self._mine("run", active))):
            if count > limit.left:
                raise _too_many_jobs(limit, count)

    def data_left(self, needed: int) -> int:
        """Bytes that new data may take, unpacked.

        Args:
            needed: What it takes at least.

        Raises:
            LimitError: If there are fewer, or the disk has not as much.
        """
        datasets = Datasets(self._settings.datasets_dir).list()
        size = {dataset.id: kept_bytes(dataset.path) for dataset in datasets}
        mine = sum(size[dataset_id] for dataset_id in self._mine("dataset", size))
        limits = self._pair("limit_data_bytes", sum(size.values()), mine)
        for limit in limits:
            if needed >= limit.left:
                raise _data_full(limit)
        self.make_room(needed)
        return min(limit.left for limit in limits)

    def standing(self) -> list[tuple[str, int, int]]:
        """Every limit on what is kept: its variable, what is taken of it, and what it allows.

        Bytes, but for the numbers of runs. Those of one person count what is this person's.
        """
        runs = Runs(self._settings.runs_dir).list(rate_tests=True)
        active = self._active(runs)
        datasets = Datasets(self._settings.datasets_dir).list()
        folders = {dataset.id: kept_bytes(dataset.path) for dataset in datasets}
        sizes = {run.id: run.disk_bytes for run in runs}
        limits = [
            *self._pair("limit_runs", len(active), len(self._mine("run", active))),
            *self._pair_of_bytes("limit_runs_bytes", "run", sizes),
            *self._pair_of_bytes("limit_data_bytes", "dataset", folders),
        ]
        return [(limit.variable, limit.taken, limit.most) for limit in limits]

    def check_predictions(self, images: int) -> None:
        """Check that more predictions fit this minute's limit, and count them.

        Raises:
            LimitError: If these are too many.
        """
        rates, person = self._acting.books.rates, self._acting.person
        try:
            everybody = rates.this_minute()
            mine = rates.this_minute(person.email)
        except TeamError:
            if person.known:
                raise
            return  # where nobody signs in, nothing waits for the database
        for limit in self._pair("limit_predictions", everybody, mine):
            if images > limit.left:
                raise LimitError(
                    tr(
                        "{images} images would be over the limit of {most} in one minute.",
                        images=images,
                        most=limit.most,
                    ),
                    tr(
                        "Wait a minute, or upload them as one zip below; or ask an admin to raise "
                        "{variable}.",
                        variable=limit.variable,
                    ),
                )
        rates.add(person.email, images)

    def make_room(self, needed: int) -> None:
        """Make sure that the reserved disk space stays free: the oldest features are deleted first.

        Args:
            needed: Bytes that are about to be written.

        Raises:
            LimitError: If there would be too little even without features.
        """
        place = self._settings.workspace
        if not place.is_dir():
            return
        short = self._settings.limit_free_bytes + needed - shutil.disk_usage(place).free
        if short <= 0:
            return
        folder = self._settings.features_dir
        stored = sum(entry.bytes for entry in FeatureStore(folder).stored())
        if stored < short or not FeatureStore(folder, stored - short).make_room(0, []):
            raise LimitError(
                tr(
                    "The disk has {size} too little, and {kept} must stay free.",
                    size=gigabytes(short),
                    kept=gigabytes(self._settings.limit_free_bytes),
                ),
                tr("Delete runs or data sets, or ask an admin to make room."),
            )

    def _pair(self, name: str, everybody: int, mine: int) -> list[_Limit]:
        limits = [_Limit(name, getattr(self._settings, name), everybody)]
        if self._acting.person.known:
            each = f"{name}_each"
            limits.append(_Limit(each, getattr(self._settings, each), mine))
        return limits

    def _pair_of_bytes(self, name: str, kind: str, sizes: Mapping[str, int]) -> list[_Limit]:
        mine = sum(sizes[thing] for thing in self._mine(kind, sizes))
        return self._pair(name, sum(sizes.values()), mine)

    def _mine(self, kind: str, things: Iterable[str]) -> list[str]:
        known, email = self._acting.known_owners(), self._acting.person.email
        return [t for t in things if (kind, t) in known and known[kind, t].owner == email]


def _too_many_jobs(limit: _Limit, count: int) -> LimitError:
    values = {"taken": limit.taken, "count": count, "most": limit.most}
    what = (
        tr(
            "{taken} of your jobs wait or run; {count} more are over the limit of {most}.",
            **values,
        )
        if limit.each
        else tr("{taken} jobs wait or run; {count} more are over the limit of {most}.", **values)
    )
    way_out = tr(
        "Wait until some have ended, or ask an admin to raise {variable}.", variable=limit.variable
    )
    return LimitError(what, way_out)


def _runs_full(limit: _Limit) -> LimitError:
    sizes = {"taken": gigabytes(limit.taken), "most": gigabytes(limit.most)}
    what = (
        tr("Your runs take {taken}; the limit is {most}.", **sizes)
        if limit.each
        else tr("All runs take {taken}; the limit is {most}.", **sizes)
    )
    return LimitError(
        what,
        tr(
            "Delete runs that are not needed, or ask an admin to raise {variable}.",
            variable=limit.variable,
        ),
    )


def _data_full(limit: _Limit) -> LimitError:
    sizes = {"taken": gigabytes(limit.taken), "most": gigabytes(limit.most)}
    what = (
        tr("Your data sets take {taken}; the limit is {most}.", **sizes)
        if limit.each
        else tr("All data sets take {taken}; the limit is {most}.", **sizes)
    )
    return LimitError(
        what,
        tr(
            "Delete data sets that are not needed, or ask an admin to raise {variable}.",
            variable=limit.variable,
        ),
    )


def gigabytes(size: int) -> Words:
    """A size as people say it."""
    if size < 1_000_000_000:
        return tr("{size} MB", size=number(size / 1e6, 0 if size >= 10_000_000 else 1))
    return tr("{size} GB", size=number(size / 1e9, 1))
