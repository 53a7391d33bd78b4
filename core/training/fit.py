"""Compiles and fits one stage, head or fine-tuning, on stored features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras

from core.config import TrainingConfig
from core.errors import RunError
from core.runs.metrics_log import MetricsWriter
from core.training.batches import Batches
from core.training.callbacks import BestEpoch, MetricsLogger
from core.training.reporter import Reporter, StopRequested


@dataclass(frozen=True)
class FitResult:
    """What a fit ended with.

    Attributes:
        best_epoch: The epoch whose weights the model now has, from 1.
        epochs_done: Epochs that ended.
        val_accuracy: Of the best epoch, between 0 and 1.
        val_loss: Of the best epoch.
        stopped: Whether it ended on request.
    """

    best_epoch: int
    epochs_done: int
    val_accuracy: float
    val_loss: float
    stopped: bool


def make_optimizer(config: TrainingConfig) -> keras.optimizers.Optimizer:
    """A new optimizer: one that has seen other trainable weights cannot be used again."""
    rate = config.learning_rate
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    if config.optimizer == "adamw":
        return keras.optimizers.AdamW(rate)
    return keras.optimizers.Adam(rate)


def compile_model(model: keras.Model, config: TrainingConfig) -> None:
    """Compiles; without this a change of what is trainable would have no effect."""
    binary = model.output_shape[-1] == 1
    loss = "binary_crossentropy" if binary else "sparse_categorical_crossentropy"
    model.compile(optimizer=make_optimizer(config), loss=loss, metrics=["accuracy"])


def fit(
    model: keras.Model,
    train: Batches,
    validation: Batches,
    images: int,
    config: TrainingConfig,
    reporter: Reporter,
    metrics_path: Path,
) -> FitResult:
    """Trains, and leaves the model with the weights of its best epoch.

    Args:
        model: The part that is not stored: it takes the features and gives probabilities.
        train: Training batches.
        validation: Validation batches.
        images: Training images in one epoch.
        config: How to train.
        reporter: Told of progress; asks to stop.
        metrics_path: The run's `metrics.jsonl`.

    Returns:
        The result.

    Raises:
        StopRequested: If a stop was asked for before the first epoch ended.
        RunError: If the loss was no number, in every epoch.
    """
    compile_model(model, config)
    best = BestEpoch()
    writer = MetricsWriter(metrics_path)
    logger = MetricsLogger(writer, reporter, config.epochs, len(train), images)
    stopped = False
    try:
        model.fit(
            train,
            validation_data=validation,
            epochs=config.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[best, logger],
        )
    except StopRequested:
        if not best.epoch:
            raise
        stopped = True
    finally:
        writer.close()
    best.restore()
    if best.values["val_loss"] != best.values["val_loss"]:
        raise RunError(
            "The loss became infinite: the steps are too large.", "Choose a lower learning rate."
        )
    return FitResult(
        best_epoch=best.epoch,
        epochs_done=best.epochs_done,
        val_accuracy=best.values["val_accuracy"],
        val_loss=best.values["val_loss"],
        stopped=stopped,
    )
