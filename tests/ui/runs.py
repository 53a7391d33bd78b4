"""Runs in every state, for tests of pages."""

from typing import Any

from core.backbones.block import Block
from core.config import FineTuneConfig, HeadConfig, RunConfig, TrainingConfig
from core.datasets import Dataset
from core.files import write_json
from core.runs import Run, RunState, RunStatus, RunStore
from core.runs.metrics_log import MetricsWriter
from core.runs.store import write_status
from tests.alive import beat

BLOCKS = [
    Block("stem", ("stem_conv",), 1000, 0, 0, 0, 1_000_000, (16, 16, 8)),
    Block("block5", ("block5_conv",), 40_000, 0, 0, 0, 9_000_000, (8, 8, 16)),
    Block("block6", ("block6_conv", "block6_bn"), 90_000, 64, 128, 1, 6_000_000, (4, 4, 32)),
]
RESULTS = {
    "val_accuracy": 0.75,
    "test_accuracy": 0.5,
    "val_loss": 0.6,
    "best_epoch": 2,
    "epochs_done": 3,
}


def head_config(dataset: Dataset) -> HeadConfig:
    training = TrainingConfig(epochs=3)
    return HeadConfig(dataset.id, dataset.version, image_size=32, training=training)


def write_epochs(run: Run, epochs: int = 3, rise: float = 0.0) -> None:
    """Rows whose loss falls as 1 / epoch, with an accuracy that rises by `rise` an epoch."""
    writer = MetricsWriter(run.metrics_path)
    for epoch in range(1, epochs + 1):
        writer.write(
            event="epoch",
            epoch=epoch,
            loss=1 / epoch,
            accuracy=0.6,
            val_loss=1 / epoch,
            val_accuracy=0.75 if epoch == 2 else 0.5 + rise * epoch,
            learning_rate=0.001,
            seconds=1.0,
            images_per_second=18.0,
        )
    writer.close()


def account(config: RunConfig) -> dict[str, Any]:
    """What `account.json` says of a finished run."""
    return {
        "blocks": [block.to_dict() for block in BLOCKS],
        "head_parameters": 99,
        "unfrozen": [] if isinstance(config, HeadConfig) else ["block6"],
        "trainable": 99 if isinstance(config, HeadConfig) else 89_971,
        "frozen": 131_000,
        "total": 131_099,
        "input_values": 3072,
        "batchnorm": "No BatchNorm layer lies in the unfrozen part.",
        "proof": {
            "frozen_tensors": 5,
            "frozen_unchanged": 5,
            "unfrozen_tensors": 2,
            "unfrozen_changed": 2,
            "movement": [
                {"layer": "head_output", "weight": "kernel", "block": "head", "relative": 0.2}
            ],
        },
        "features": {
            "cut": "head_pool",
            "bytes": 2_000_000,
            "images": 30,
            "reused": False,
            "seconds": 3.0,
        },
    }


def finished(
    store: RunStore, config: RunConfig, name: str = "Squares", results: dict | None = None
) -> Run:
    run = store.create(config, name)
    write_epochs(run)
    write_json(run.account_path, account(config))
    run.model_path.touch()
    run.litert_path.touch()
    write_status(
        run.path,
        RunStatus(
            RunState.COMPLETED, "saving", started=10.0, finished=18.0, results=results or RESULTS
        ),
    )
    return store.get(run.id)


def running(store: RunStore, config: RunConfig, phase: str = "training") -> Run:
    run = store.create(config, "Squares")
    write_epochs(run, 2)
    status = RunStatus(
        RunState.RUNNING, phase, done=6, total=9, unit="batches", seconds_left=48.0, started=10.0
    )
    write_status(run.path, status)
    beat(run)
    return store.get(run.id)


def failed(store: RunStore, config: RunConfig) -> Run:
    run = store.create(config, "Squares")
    error = {
        "what": "The ImageNet weights of VGG16 could not be downloaded.",
        "way_out": "Put the file into weights.",
        "details": "Traceback: secret details",
    }
    write_status(run.path, RunStatus(RunState.FAILED, "reading", finished=12.0, error=error))
    return store.get(run.id)


def fine_tune_config(head: Run) -> FineTuneConfig:
    return FineTuneConfig(head.id, head.base, "block6", training=TrainingConfig(epochs=3))
