"""Compiles and fits one stage, head or fine-tuning, on stored features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import keras

from core.config import TrainingConfig
from core.errors import RunError
from core.jobs.reporter import Reporter, StopRequested
from core.language import tr
from core.runs.metrics_log import MetricsWriter, cut_metrics
from core.training.batches import Batches, Feed
from core.training.callbacks import BestEpoch, MetricsLogger, Position
from core.training.checkpoint import Checkpointer
from core.training.event_log import EventLog
from core.training.optimizer import class_weights, compile_model
from core.training.patience import watchers
from core.training.schedule import learning_rate


@dataclass(frozen=True)
class FitResult:
    """Result of a fit.

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


def fit(
    model: keras.Model,
    train: Batches,
    validation: Batches,
    images: int,
    config: TrainingConfig,
    reporter: Reporter,
    run_dir: Path,
) -> FitResult:
    """Trains, and leaves the model with the weights of its best epoch.

    Goes on from the run's checkpoint where there is one, and ends with the same weights, bit for
    bit on a CPU, as a fit that never stopped.

    Args:
        model: The part that is not stored: it takes the features and gives probabilities. It has
            the weights that the stage begins with.
        train: Training batches.
        validation: Validation batches.
        images: Training images in one epoch.
        config: How to train.
        reporter: Told of progress; asks to stop.
        run_dir: Gets `metrics.jsonl`, `tensorboard/` and `checkpoints/fit.npz`.

    Returns:
        The result.

    Raises:
        StopRequested: If a stop was asked for before the first epoch ended.
        RunError: If the loss was no number, in every epoch; if there is a checkpoint of other
            first weights.
    """
    rate = learning_rate(config, train.in_epoch)
    compile_model(model, config, rate)
    metrics_path = run_dir / "metrics.jsonl"
    best, position, watching = BestEpoch(), Position(train), watchers(config, rate)
    saved = run_dir / "checkpoints" / "fit.npz"
    saver = Checkpointer(saved, metrics_path, position, [best, *watching], config.epochs)
    saver.set_model(model)
    cut_metrics(metrics_path, saver.restore(validation))
    writer, events = MetricsWriter(metrics_path), EventLog(run_dir)
    logger = MetricsLogger(writer, reporter, position, config.epochs, train.in_epoch, images)
    callbacks = keras.callbacks.CallbackList(
        [position, best, logger, events, *watching, saver], add_history=True, model=model
    )
    stopped = False
    try:
        if not saver.ended:
            _train(model, train, validation, config, position, callbacks)
    except StopRequested:
        saver.save()
        if not best.epoch:
            raise
        stopped = True
    finally:
        writer.close()
        events.close()
    return _result(best, stopped)


def _result(best: BestEpoch, stopped: bool) -> FitResult:
    best.restore()
    if not math.isfinite(best.values["val_loss"]):
        raise RunError(
            tr("The loss became infinite: the steps are too large."),
            tr("Choose a lower learning rate."),
        )
    return FitResult(
        best_epoch=best.epoch,
        epochs_done=best.epochs_done,
        val_accuracy=best.values["val_accuracy"],
        val_loss=best.values["val_loss"],
        stopped=stopped,
    )


def _train(
    model: keras.Model,
    train: Batches,
    validation: Batches,
    config: TrainingConfig,
    position: Position,
    callbacks: keras.callbacks.CallbackList,
) -> None:
    """Ends the epoch that was begun, then trains the others."""
    weights = class_weights(train.labels) if config.class_weights else None

    def fit_until(last: int) -> None:
        # Keras asks for the number of batches before any callback hears of the epoch.
        train.begin(position.epoch + 1, position.batch)
        model.fit(
            Feed(train, weights),
            validation_data=Feed(validation),
            initial_epoch=position.epoch,
            epochs=last,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )

    if position.batch == train.in_epoch:
        _validate(model, validation, position.epoch, callbacks)
    elif position.batch:
        fit_until(position.epoch + 1)
    if position.epoch < config.epochs and not model.stop_training:
        fit_until(config.epochs)


def _validate(
    model: keras.Model,
    validation: Batches,
    epoch: int,
    callbacks: keras.callbacks.CallbackList,
) -> None:
    """Ends an epoch of which nothing but its validation is left."""
    model.stop_training = False
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(epoch)
    logs = dict(model.get_metrics_result())
    logs |= {
        f"val_{name}": value
        for name, value in model.evaluate(
            Feed(validation), callbacks=callbacks, verbose=0, return_dict=True
        ).items()
    }
    callbacks.on_epoch_end(epoch, logs)
