"""What a run is, and the states it goes through."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.config import FineTuneConfig, HeadConfig, RunConfig


class RunState(StrEnum):
    """Where a run stands. The worker sets a state unless the comment says otherwise."""

    # Set by the page, which creates the run; true while there is no `status.json`.
    QUEUED = "queued"
    RUNNING = "running"
    # Derived by readers: running, and a `stop.request` lies in the folder.
    STOPPING = "stopping"
    # Ended on request, with the best epoch's model where an epoch was finished.
    STOPPED = "stopped"
    COMPLETED = "completed"
    # Also set by the supervisor, for a worker that died; and derived by readers, for one whose
    # heartbeat has ceased.
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether the run may still change by itself."""
        return self in (RunState.QUEUED, RunState.RUNNING, RunState.STOPPING)


# The phases of a running run, in their order.
PHASES = ("starting", "reading", "features", "training", "evaluating", "saving")


@dataclass(frozen=True)
class RunStatus:
    """What the worker says of a run, as `status.json` holds it.

    Attributes:
        state: See `RunState`.
        phase: One of `PHASES`, or "" before the run begins.
        done: Units of the phase that are done.
        total: Units of the phase in all; 0 where that is unknown.
        unit: What is counted: "images" or "batches".
        seconds_left: Estimated seconds to the end of the run, or None.
        started: When the worker began, in seconds since 1970, or None.
        finished: When it ended, or None.
        error: Keys `what`, `way_out` and `details`, for a failed run.
        results: Numbers of a finished run: `val_accuracy`, `test_accuracy`, `val_loss`,
            `best_epoch`, `epochs_done`, and more that the worker adds.
    """

    state: RunState = RunState.QUEUED
    phase: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    seconds_left: float | None = None
    started: float | None = None
    finished: float | None = None
    error: dict[str, str] | None = None
    results: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunStatus:
        """Reads back what `to_dict` made; unknown keys are ignored."""
        names = {f.name for f in dataclasses.fields(cls)}
        known = {name: value for name, value in values.items() if name in names}
        return cls(**{**known, "state": RunState(values["state"])})


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
    """

    id: str
    path: Path
    config: RunConfig
    status: RunStatus
    created: float
    dataset_name: str = ""

    @property
    def base(self) -> HeadConfig:
        """Data set, backbone, image size and head, for either kind of run."""
        return self.config.base if isinstance(self.config, FineTuneConfig) else self.config

    @property
    def is_head(self) -> bool:
        """Whether this is a head run."""
        return isinstance(self.config, HeadConfig)

    @property
    def seconds(self) -> float | None:
        """How long the finished run took, in seconds."""
        if self.status.started is None or self.status.finished is None:
            return None
        return self.status.finished - self.status.started

    @property
    def disk_bytes(self) -> int:
        """Size of the run's files, in bytes."""
        size = 0
        for file in self.path.glob("*"):
            # The worker's temporary files come and go.
            with suppress(FileNotFoundError):
                size += file.stat().st_size
        return size

    @property
    def has_model(self) -> bool:
        """Whether a usable model was saved."""
        return self.model_path.exists() and self.litert_path.exists()

    @property
    def model_path(self) -> Path:
        """The whole model in Keras' format."""
        return self.path / "model.keras"

    @property
    def litert_path(self) -> Path:
        """The whole model for the LiteRT runtime."""
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
    def metrics_path(self) -> Path:
        """One JSON object a line, appended while training."""
        return self.path / "metrics.jsonl"

    @property
    def stop_path(self) -> Path:
        """Exists where a stop was asked for."""
        return self.path / "stop.request"
