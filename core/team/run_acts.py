"""Actions on runs."""

from __future__ import annotations

from collections.abc import Sequence

from core.backbones.block import Block
from core.config import FineTuneConfig, HeadConfig, RateTestConfig, RunConfig
from core.datasets import Dataset
from core.errors import RunError
from core.evaluation.block_sweep import queue_sweep, sweep_choices
from core.evaluation.data_amount import SHARES, queue_shares
from core.evaluation.rejection import Rejection, drop_rejection, save_rejection
from core.evaluation.seed_noise import SEEDS, queue_seeds
from core.language import tr
from core.runs import Run, RunStore
from core.runs.groups import Group, delete_group, resume_group, stop_group
from core.runs.run import GroupMark
from core.team.acting import Acting
from core.team.acts import Acts
from core.team.permissions import Action, require
from core.team.visible import visible_datasets


class RunActs(Acts):
    """Starts, stops, orders and deletes runs."""

    def __init__(self, acting: Acting) -> None:
        super().__init__(acting)
        self._store = RunStore(acting.settings.runs_dir, acting.person.name)

    def start(self, config: RunConfig, dataset: Dataset) -> Run:
        """Queues a run."""
        self._may_start(config, 1)
        return self._create(config, dataset.name)

    def clone(self, run_id: str) -> Run:
        """Queues a run with the settings of another."""
        run = self._run(run_id)
        self._may_start(run.config, 1)
        return self._create(run.config, run.dataset_name)

    def rate_test(
        self, base: HeadConfig, tuning: FineTuneConfig | None, name: str, earlier: Sequence[Run]
    ) -> Run:
        """Queues a test of learning rates.

        Args:
            base: The head's settings.
            tuning: Those of the fine-tuning, where it is one.
            name: The data set's name.
            earlier: Tests that it replaces, as far as they are this person's.
        """
        config = RateTestConfig(base, tuning)
        self._may_start(config, 1)
        for run in earlier:
            if self._acting.refusal(Action.DELETE_RUN, "run", run.id) is None:
                self._store.delete(run.id)
                self._acting.forget("run", run.id)
        return self._create(config, name)

    def queue_seeds(self, run: Run, head: Run | None) -> None:
        """Queues the same training with other seeds."""
        self._may_start(run.config, SEEDS if head is None else 2 * SEEDS)
        queue_seeds(self._create, run, head)

    def queue_sweep(self, head: Run, blocks: Sequence[Block], epochs: int) -> None:
        """Queues the same short fine-tuning for every block."""
        self._may_start(head.config, len(sweep_choices(blocks)))
        queue_sweep(self._create, head, blocks, epochs)

    def queue_shares(self, head: Run) -> None:
        """Queues the same head on shares of its training images."""
        self._may_start(head.config, len(SHARES))
        queue_shares(self._create, head)

    def stop(self, run_id: str) -> None:
        """Stops a run, or takes it out of the queue."""
        self._check(Action.STOP_RUN, run_id)
        self._store.request_stop(run_id)
        self._acting.record(Action.STOP_RUN, "run", run_id)

    def resume(self, run_id: str) -> None:
        """Puts a stopped or failed run into the queue again."""
        self._check(Action.RESUME_RUN, run_id)
        self._limits.check_runs(1)
        self._store.request_resume(run_id)
        self._acting.record(Action.RESUME_RUN, "run", run_id)

    def kill(self, run_id: str) -> None:
        """Ends a run's process by force."""
        self._check(Action.KILL_RUN, run_id)
        self._store.kill(run_id)
        self._acting.record(Action.KILL_RUN, "run", run_id)

    def move_up(self, run_id: str) -> None:
        """Puts a queued run before the one before it; nobody passes somebody else's."""
        self._check(Action.MOVE_RUN_UP, run_id)
        before = self._before(run_id)
        if before is not None:
            # Without its privacy: that somebody waits before it is no secret.
            owner = self._acting.owned("run", before.id).owner
            require(self._acting.person, Action.MOVE_RUN_UP, owner)
        self._store.move_up(run_id)
        self._acting.record(Action.MOVE_RUN_UP, "run", run_id)

    def delete(self, run_id: str) -> None:
        """Deletes a run for everybody."""
        run = self._check(Action.DELETE_RUN, run_id)
        self._store.delete(run_id)
        self._acting.forget("run", run_id)
        self._acting.record(Action.DELETE_RUN, "run", run_id, name=run.dataset_name)

    def stop_group(self, group: Group) -> None:
        """Stops all members."""
        self._check_group(Action.STOP_RUN, group)
        stop_group(self._store, group)
        self._record_group(Action.STOP_RUN, group)

    def resume_group(self, group: Group) -> None:
        """Resume the members that were stopped or failed."""
        self._check_group(Action.RESUME_RUN, group)
        self._limits.check_runs(sum(run.can_resume for run in group.runs))
        resume_group(self._store, group)
        self._record_group(Action.RESUME_RUN, group)

    def delete_group(self, group: Group) -> None:
        """Deletes all members."""
        self._check_group(Action.DELETE_RUN, group)
        delete_group(self._store, group)
        for run in group.runs:
            self._acting.forget("run", run.id)
        self._record_group(Action.DELETE_RUN, group)

    def keep_threshold(self, run: Run, rejection: Rejection | None) -> None:
        """Keeps the probability below which a run's model says none of these; None drops it."""
        self._check(Action.SET_THRESHOLD, run.id)
        if rejection is None:
            drop_rejection(run)
        else:
            save_rejection(run, rejection)
        threshold = None if rejection is None else rejection.threshold
        self._acting.record(Action.SET_THRESHOLD, "run", run.id, threshold=threshold)

    def _create(
        self, config: RunConfig, dataset_name: str = "", group: GroupMark | None = None
    ) -> Run:
        """Queue a run that belongs to this user, and record it."""
        run = self._store.create(config, dataset_name, group)
        self._acting.claim("run", run.id)
        self._acting.record(
            Action.START_RUN, "run", run.id, dataset=run.base.dataset_id, name=run.dataset_name
        )
        return run

    def _may_start(self, config: RunConfig, count: int) -> None:
        self._acting.require(Action.START_RUN)
        base = config if isinstance(config, HeadConfig) else config.base
        if self._acting.person.known:
            visible_datasets(self._acting).get(base.dataset_id)
            if isinstance(config, FineTuneConfig):
                self._run(config.head_run_id)
        self._limits.check_runs(count)

    def _check_group(self, action: Action, group: Group) -> None:
        for run in group.runs:
            self._check(action, run.id)

    def _record_group(self, action: Action, group: Group) -> None:
        for run in group.runs:
            self._acting.record(action, "run", run.id, group=group.mark.id, name=group.mark.title)

    def _before(self, run_id: str) -> Run | None:
        queue = self._store.queued()
        place = next((i for i, run in enumerate(queue) if run.id == run_id), None)
        if place is None:
            raise RunError(tr("Run {run} does not wait any more.", run=run_id), "")
        return queue[place - 1] if place else None
