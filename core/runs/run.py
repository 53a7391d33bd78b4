"""What a run is: a training that was asked for, with its record."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.config import HeadConfig, RateTestConfig, RunConfig
from core.jobs.job import SLOT, Job, Kind
from core.jobs.state import JobState, JobStatus
from core.language import mark, retold, tr
from core.records import read_record
from core.sizes import folder_bytes, kept_bytes

TRAINING = Kind(
    "core.training.worker",
    mark("training"),
    SLOT,
    command="core.training.worker",
    stop_seconds=None,  # it saves the best epoch's model first
)
# A training is a job; its state is told by the job's folder.
RunState = JobState
RunStatus = JobStatus
# The phases of a running run, in their order.
PHASES = ("starting", "reading", "features", "training", "evaluating", "saving")


@dataclass(frozen=True)
class GroupMark:
    """Group of a run, as its `config.json` records it.

    Attributes:
        id: The same for all members.
        kind: `seeds`, `sweep` or `data_amount`.
        title: What people call the group, in English.
        about: Id of the run that the group was asked for.
        told: What the title was made from, for `retold`.
    """

    id: str
    kind: str
    title: str
    about: str = ""
    told: dict[str, Any] | None = field(default=None, compare=False)

    @property
    def words(self) -> str:
        """The title in the reader's language."""
        return retold(self.told, tr(self.title))

    @classmethod
    def from_dict(cls, values: Any) -> GroupMark | None:
        """Reads it back; None where there is none, or one that cannot be read."""
        try:
            parts = {name: str(values[name]) for name in ("id", "kind", "title", "about")}
            told = values.get("told")
            return cls(**parts, told=told if isinstance(told, dict) else None)
        except (KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Run:
    """One run as its folder shows it at one moment.

    Attributes:
        id: Name of the folder: sorts by time of creation.
        path: The folder.
        config: What was asked for.
        status: How far it is.
        created: When it was asked for, in seconds since 1970.
        dataset_name: The data set's name when the run was created.
        started_by: Who asked for it, where that is known.
        order: Its place among queued runs: the lowest is next. The time of creation, unless it
            was moved.
        group: The group of runs that it was queued with, or None.
    """

    id: str
    path: Path
    config: RunConfig
    status: RunStatus
    created: float
    dataset_name: str = ""
    started_by: str = ""
    order: float = 0.0
    group: GroupMark | None = None

    @property
    def base(self) -> HeadConfig:
        """Data set, backbone, image size and head, for every kind of run."""
        return self.config if isinstance(self.config, HeadConfig) else self.config.base

    @property
    def is_head(self) -> bool:
        """True for a head run."""
        return isinstance(self.config, HeadConfig)

    @property
    def is_rate_test(self) -> bool:
        """True for a learning rate finder, which makes no model."""
        return isinstance(self.config, RateTestConfig)

    @property
    def job(self) -> Job:
        """The training as a job of the queue."""
        return Job(self.path, TRAINING, (), self.order, self.status)

    @property
    def seconds(self) -> float | None:
        """Duration of the finished run in seconds."""
        if self.status.started is None or self.status.finished is None:
            return None
        return self.status.finished - self.status.started

    @property
    def disk_bytes(self) -> int:
        """Size of the run's files, in bytes."""
        if self.status.state.active or self.status.finished is None:
            return folder_bytes(self.path)  # its log and metrics grow in place
        return kept_bytes(self.path)

    @property
    def can_resume(self) -> bool:
        """True if it was stopped or failed; it continues from its checkpoint where it has one."""
        return self.status.state in (RunState.STOPPED, RunState.FAILED)

    @property
    def has_model(self) -> bool:
        """True if a usable model was saved."""
        return self.model_path.exists()

    @property
    def model_path(self) -> Path:
        """The whole model in Keras' format."""
        return self.path / "model.keras"

    @property
    def litert_path(self) -> Path:
        """The whole model for the LiteRT runtime; made on demand, see `core.runs.litert`."""
        return self.path / "model.tflite"

    @property
    def predictions_path(self) -> Path:
        """Predictions on the validation and test images, a Parquet table."""
        return self.path / "predictions.parquet"

    @property
    def account_path(self) -> Path:
        """Blocks, parameters and the proof of what was frozen, as JSON."""
        return self.path / "account.json"

    @property
    def account(self) -> dict[str, Any]:
        """What `account.json` holds; empty where it is missing or damaged."""
        return read_record(self.account_path, dict, {})

    @property
    def metrics_path(self) -> Path:
        """One JSON object a line, appended while training."""
        return self.path / "metrics.jsonl"

    @property
    def stop_path(self) -> Path:
        """Exists where a stop was asked for."""
        return self.path / "stop.request"

    @property
    def resume_path(self) -> Path:
        """Exists where a stopped or failed run was asked to go on, until it does."""
        return self.path / "resume.request"

    @property
    def kill_path(self) -> Path:
        """Exists where the run's process was asked to be ended by force."""
        return self.path / "kill.request"

    @property
    def process_path(self) -> Path:
        """Host, number and start of the process that trains it or did last, as JSON."""
        return self.path / "process.json"

    @property
    def checkpoints_path(self) -> Path:
        """Folder of the checkpoints; gone when the run is completed."""
        return self.path / "checkpoints"
