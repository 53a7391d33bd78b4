"""Looks for a learning rate: a hundred steps on stored features, each at a larger rate."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import keras

from core.backbones.blocks import find_blocks
from core.config import TrainingConfig
from core.errors import RunError
from core.evaluation.rate_curve import FILE_NAME, STEPS, RateCurve, exploded, rising_rates
from core.files import write_json
from core.jobs.reporter import Reporter
from core.language import tr
from core.runs import Run
from core.settings import Settings
from core.training.batches import Batches
from core.training.data import TrainingData
from core.training.optimizer import class_weights, compile_model
from core.training.precision import half_policy, half_precision
from core.training.stage import Stage, store_features, trained_part, unfreeze


def rate_test(
    run: Run, stage: Stage, data: TrainingData, settings: Settings, reporter: Reporter
) -> dict[str, Any]:
    """Runs the test that the run asks for and writes its curve.

    The features that it stores are those of the run that is meant, which finds them there.

    Args:
        run: The rate test; its folder gets `rate_test.json`.
        stage: What the run that is meant would train.
        data: The images.
        settings: Where features are kept.
        reporter: Told of progress.

    Returns:
        The run's results: `suggested_rate`; `features` with the `seconds` of the pass over
        `images` images, None where there was nothing to compute; `stopped`, which is False.

    Raises:
        RunError: If not even the first step had a finite loss.
    """
    unfreeze(stage, find_blocks(stage.model))
    config = run.config.training
    stored, seconds = store_features(stage, data, settings, reporter, config.features_type)
    reporter.phase("training", STEPS, "steps")
    trained, classes = trained_part(stage), len(data.class_names)
    train = data.batches(stored[0].read(), "train", config, shuffled=True)
    with half_precision([trained, stage.model], half_policy(config)):
        curve = range_test(trained, train, config, classes, reporter.advance)
    if not curve.rates:
        raise RunError(
            tr("The loss was no number at the smallest rate already."),
            tr("Look for images that are broken, or train a new head."),
        )
    write_json(run.path / FILE_NAME, curve.to_dict())
    timed = {"seconds": seconds, "images": len(data.images)}
    return {"suggested_rate": curve.suggested, "features": timed, "stopped": False}


def range_test(
    model: keras.Model,
    train: Batches,
    config: TrainingConfig,
    classes: int,
    advance: Callable[[int, int], None],
) -> RateCurve:
    """Trains while the rate rises from a millionth to one, until the loss explodes.

    On unchanged images, however they are to be varied: variants move the loss, not the rate from
    which on it explodes.

    Args:
        model: The part that is not stored. Its weights are spoiled.
        train: Training batches; they begin anew where they end.
        config: How it would be trained; its rate and schedule play no part.
        classes: Number of classes.
        advance: Told the steps done and of how many.

    Returns:
        Rates and losses up to the explosion.
    """
    compile_model(model, dataclasses.replace(config, schedule="constant", warmup_epochs=0.0))
    weights = class_weights(train.labels) if config.class_weights else None
    rates: list[float] = []
    losses: list[float] = []
    for step, rate in enumerate(rising_rates().tolist()):
        epoch, index = divmod(step, train.in_epoch)
        if index == 0:
            train.begin(epoch + 1)
        model.optimizer.learning_rate = rate
        model.reset_metrics()  # else the loss would be the mean of all steps
        logs = model.train_on_batch(*train[index], class_weight=weights, return_dict=True)
        loss = float(logs["loss"])
        if math.isfinite(loss):
            rates.append(rate)
            losses.append(loss)
        if exploded([*losses, loss], classes):
            break
        advance(step + 1, STEPS)
    return RateCurve(rates, losses, classes)
