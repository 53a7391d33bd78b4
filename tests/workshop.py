"""A workspace in which tests train runs as real child processes."""

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from core.config import HeadConfig, RunConfig, TrainingConfig
from core.datasets import Dataset
from core.runs import Run, RunStore
from core.settings import Settings
from core.training import worker
from tests.patience import PATIENCE_S
from tests.warm_child import WarmChild

FAST = TrainingConfig(learning_rate=1e-2, epochs=4, batch_size=8)


@dataclass(frozen=True)
class Workshop:
    """A workspace in which runs are trained."""

    settings: Settings
    dataset: Dataset
    store: RunStore

    def start(self, config: RunConfig) -> tuple[Run, WarmChild]:
        run = self.store.create(config, self.dataset.name)
        return run, self.start_again(run)

    def start_again(self, run: Run, first: Callable[[], object] | None = None) -> WarmChild:
        """Starts the run's process, in which `first` is called first."""
        environment = {**os.environ, "UNFREEZE_WORKSPACE": str(self.settings.workspace)}
        return WarmChild(partial(_worker, run.path, first), run.path / "worker.log", environment)

    def train(self, config: RunConfig) -> Run:
        run, process = self.start(config)
        assert process.wait(PATIENCE_S) == 0, (run.path / "worker.log").read_text()
        return self.store.get(run.id)

    def head_config(self) -> HeadConfig:
        return HeadConfig(self.dataset.id, self.dataset.version, image_size=32, training=FAST)


def _worker(run_dir: Path, first: Callable[[], object] | None) -> None:
    """As `python -m core.training.worker` does."""
    if first is not None:
        first()
    worker.leave(worker.main([str(run_dir)]))


def saved_weights(run: Run) -> dict[str, np.ndarray]:
    """All arrays of a run's `model.keras`, without keras."""
    return arrays_of(run.model_path)


def arrays_of(model_path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `.keras` file, without keras."""
    found: dict[str, np.ndarray] = {}
    with (
        zipfile.ZipFile(model_path) as archive,
        archive.open("model.weights.h5") as handle,
        h5py.File(handle) as file,
    ):
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found
