"""Actions on finished runs' models and on the installation's processes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.errors import LimitError, RunError
from core.evaluation import batch_task
from core.export import task as export_task
from core.jobs.job import ask, request_stop
from core.language import tr
from core.queue.started import end_all
from core.runs import Run, heatmaps, litert, tensorboard
from core.team.acts import Acts
from core.team.limits import gigabytes
from core.team.permissions import Action
from core.training.feature_store import FeatureStore

# A job's folder in its run's folder begins so.
_ACTIONS = {
    "heatmaps": Action.HEAT_MAPS,
    "batch": Action.BATCH,
    "exports": Action.EXPORT,
    "litert": Action.PREDICT,
}


class TaskActs(Acts):
    """Predicts, exports and ends processes."""

    def predict(self, run: Run, images: int) -> None:
        """Counts images that are about to be classified."""
        self._check(Action.PREDICT, run.id)
        self._limits.check_predictions(images)
        self._acting.record(Action.PREDICT, "run", run.id, name=run.dataset_name, images=images)

    def prepare(self, run: Run) -> None:
        """Makes the model that predicts where it is missing; not on record: it is the run's own."""
        self._check(Action.PREDICT, run.id)
        litert.ask_for(run.path, self._queue)

    def prepare_early(self, run: Run) -> None:
        """The same, where nobody has asked for it yet but soon will."""
        self._check(Action.PREDICT, run.id)
        litert.ask_early(run, self._queue)

    def heat_maps(self, runs: Sequence[Run], images: Sequence[str]) -> None:
        """Computes heat maps of runs' images."""
        for run in runs:
            self._check(Action.HEAT_MAPS, run.id)
        self._limits.check_job()
        heatmaps.ask_for(runs, images, self._queue)
        self._acting.record(Action.HEAT_MAPS, "run", runs[-1].id, images=len(images))

    def batch_of_folder(self, run: Run, source: Path) -> None:
        """Classifies all images of a folder under the workspace's `data/`."""
        self._check(Action.BATCH, run.id)
        root = self._acting.settings.data_dir.resolve()
        self._limits.check_job()
        if not source.resolve().is_relative_to(root):
            raise RunError(tr("{folder} is no folder of the workspace.", folder=source.name), "")
        self._start_batch(run, source)

    def batch_of_upload(self, run: Run, archive: BinaryIO, size: int) -> None:
        """Classifies all images of an uploaded zip.

        Args:
            run: Whose model does it.
            archive: The zip, open for reading.
            size: Its bytes.
        """
        self._check(Action.BATCH, run.id)
        most = self._acting.settings.max_archive_bytes
        if size > most:
            raise LimitError(
                tr(
                    "The zip has {size}; the limit is {most}.",
                    size=gigabytes(size),
                    most=gigabytes(most),
                ),
                tr(
                    "Make it smaller, or ask an admin to raise {variable}.",
                    variable="UNFREEZE_MAX_ARCHIVE_BYTES",
                ),
            )
        self._limits.check_job()
        self._limits.make_room(size)
        path = run.path / "batch" / batch_task.UPLOAD
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(archive, file)
        self._start_batch(run, path)

    def export(self, run: Run, key: str) -> None:
        """Makes a run's model in another format, `key` of `FORMATS`."""
        self._check(Action.EXPORT, run.id)
        self._limits.check_job()
        ask(run.path / "exports" / key, export_task.KIND, queue_dir=self._queue)
        self._acting.record(Action.EXPORT, "run", run.id, name=run.dataset_name, format=key)

    def action_of(self, folder: Path) -> tuple[Action, str]:
        """What a job on a run is, and the id of its run.

        Args:
            folder: The job's folder.
        """
        run_id, kind, *_ = folder.relative_to(self._acting.settings.runs_dir).parts
        return _ACTIONS[kind], run_id

    def stop(self, folder: Path) -> None:
        """Stop a job on a run.

        Args:
            folder: The job's folder.
        """
        action, run_id = self.action_of(folder)
        self._check(action, run_id)
        request_stop(folder)
        self._acting.record(action, "run", run_id, stopped=True)

    @property
    def _queue(self) -> Path | None:
        """Where jobs wait for a worker; None where this installation's queue is off."""
        settings = self._acting.settings
        return settings.queue_dir if settings.queue else None

    def delete_features(self, entries: Sequence[Path]) -> None:
        """Deletes stored features."""
        self._acting.require(Action.DELETE_FEATURES)
        store = FeatureStore(self._acting.settings.features_dir)
        for entry in entries:
            store.delete(entry)
        self._acting.record(Action.DELETE_FEATURES, entries=len(entries))

    def end_processes(self) -> None:
        """Ends everything that the app has started."""
        self._acting.require(Action.END_PROCESSES)
        end_all(self._acting.settings)
        self._acting.record(Action.END_PROCESSES)

    def start_tensorboard(self) -> None:
        """Starts TensorBoard on all runs."""
        self._acting.require(Action.START_TENSORBOARD)
        tensorboard.start(self._acting.settings)
        self._acting.record(Action.START_TENSORBOARD)

    def _start_batch(self, run: Run, source: Path) -> None:
        ask(run.path / "batch", batch_task.KIND, [str(source)], self._queue)
        self._acting.record(Action.BATCH, "run", run.id, name=run.dataset_name, source=source.name)
