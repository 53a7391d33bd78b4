"""One stage of training, head or fine-tuning: they differ only in what is unfrozen and where the
model is cut."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from core.backbones.account import Account, account
from core.backbones.block import Block
from core.backbones.blocks import find_blocks
from core.backbones.compose import (
    INPUT_NAME,
    count_parameters,
    head_parameters,
    set_trainable,
)
from core.backbones.graph import step_output
from core.config import FeaturesType, Scope, TrainingConfig
from core.datasets.decode import DECODER_VERSION
from core.jobs.reporter import Reporter
from core.queue.sharing import Helpers
from core.runs import Run
from core.settings import Settings
from core.training.data import TrainingData
from core.training.devices import spread, training_devices
from core.training.feature_pass import compute_features, tap_file
from core.training.feature_store import FeatureFile, FeatureStore
from core.training.finish import evaluate_and_save
from core.training.fit import fit
from core.training.precision import half_policy, half_precision
from core.training.proof import prove, snapshot
from core.training.shared_pass import SHARED_FROM, shared_pass
from core.training.varied import varied_inputs


@dataclass(frozen=True)
class Stage:
    """Model, cut and settings of a training stage.

    Attributes:
        model: A composed model, with the weights that the stage starts from.
        tap: Name of the operation whose output is stored; what comes after it is computed in
            every step.
        also_stored: Taps that the same pass stores for the runs that follow, where there is room;
            no pass is made for them alone.
        block: The chosen block; "" for the head alone.
        scope: What the choice unfreezes.
        freeze_batchnorm: Whether the backbone's BatchNorm layers stay frozen.
    """

    model: keras.Model
    tap: str
    also_stored: tuple[str, ...] = ()
    block: str = ""
    scope: Scope = "none"
    freeze_batchnorm: bool = True


def cut_before(blocks: list[Block], name: str) -> str:
    """The tap whose output is all that the block of that name and those after it need."""
    index = [block.name for block in blocks].index(name)
    return blocks[index - 1].layers[-1] if index else INPUT_NAME


def train_stage(
    run: Run, stage: Stage, data: TrainingData, settings: Settings, reporter: Reporter
) -> dict[str, Any]:
    """Computes the stored part, trains the rest, and saves the whole model.

    Args:
        run: The run; its folder is written to.
        stage: What to train.
        data: The images.
        settings: Where features are kept.
        reporter: Told of progress.

    Returns:
        The run's results; `stopped` says whether it ended on request.
    """
    model, blocks = stage.model, find_blocks(stage.model)
    counts = unfreeze(stage, blocks)
    config = run.config.training
    # Live, training images go through the whole network in every step.
    kept = data.held_out() if config.augmentation.mode == "live" else data
    stored, seconds = store_features(stage, kept, settings, reporter, config.features_type)
    features = stored[0].read()
    taps, store = (stage.tap, *stage.also_stored), feature_store(settings)
    varied, views = varied_inputs(model, taps, data, features, config, store, reporter)

    reporter.phase("training", unit="batches")
    before = snapshot(model)
    trained = trained_part(stage)
    devices = training_devices()
    shares = max(1, len(devices))
    half = half_precision([trained, model], half_policy(config))
    with half, spread(trained, devices) as fitted:
        result = fit(
            fitted,
            data.batches(features, "train", config, True, shares, varied),
            kept.batches(features, "val", config, devices=shares),
            len(data.rows["train"]),
            config,
            reporter,
            run.path,
        )
    about = {
        "blocks": [block.to_dict() for block in blocks],
        "head_parameters": head_parameters(model),
        "unfrozen": list(counts.unfrozen),
        "input_values": 3 * run.base.image_size**2,
        "batchnorm": _batchnorm_sentence(counts.batchnorm_layers, stage.freeze_batchnorm),
        "proof": prove(model, before, blocks),
        "features": _stored_record(stage.tap, [*stored, *views], seconds, config),
        **_parameter_counts(model),
    }
    return evaluate_and_save(run, model, trained, features, kept, result, about, reporter)


def unfreeze(stage: Stage, blocks: list[Block]) -> Account:
    """Makes trainable what the stage trains, and nothing else; counts it."""
    model = stage.model
    counts = account(
        blocks, head_parameters(model), stage.block, stage.scope, stage.freeze_batchnorm
    )
    layers = {name for b in blocks if b.name in counts.unfrozen for name in b.layers}
    set_trainable(model, layers, stage.freeze_batchnorm)
    return counts


def feature_store(settings: Settings) -> FeatureStore:
    """The workspace's stored features."""
    return FeatureStore(settings.features_dir, settings.max_features_bytes)


def store_features(
    stage: Stage,
    data: TrainingData,
    settings: Settings,
    reporter: Reporter,
    features_type: FeaturesType = "float32",
) -> tuple[list[FeatureFile], float | None]:
    """Computes the stored part, where it is not there already.

    Returns:
        The file of the stage's tap and those stored for later; the seconds that the pass took, or
        None where there was nothing to compute.
    """
    reporter.phase("features", len(data.images), "images")
    store = feature_store(settings)
    model, tap = stage.model, stage.tap
    reused = tap_file(store, model, tap, data.images, features_type).complete
    also = () if reused else stage.also_stored
    began = time.monotonic()
    shared = shared_pass(partial(Helpers, settings, reporter.folder))
    run_pass = shared if len(data.images) >= SHARED_FROM else None
    file, later = compute_features(
        model, tap, data.images, store, reporter.advance, also, features_type, run_pass
    )
    return [file, *later], None if reused else time.monotonic() - began


def trained_part(stage: Stage) -> keras.Model:
    """The part behind the stored features; it shares its layers with the whole model."""
    model = stage.model
    return keras.Model(step_output(model, stage.tap), model.outputs[0], name="trained_part")


def _parameter_counts(model: keras.Model) -> dict[str, int]:
    trainable, frozen = count_parameters(model)
    return {"trainable": trainable, "frozen": frozen, "total": trainable + frozen}


def _batchnorm_sentence(layers: int, frozen: bool) -> str:
    if not layers:
        return "No BatchNorm layer lies in the unfrozen part."
    if frozen:
        return f"{layers} BatchNorm layers in the unfrozen part stay frozen."
    return f"{layers} BatchNorm layers are trained too; their statistics follow the new data."


def _stored_record(
    tap: str, stored: list[FeatureFile], seconds: float | None, config: TrainingConfig
) -> dict[str, Any]:
    """Record of the cached features; `seconds` of the pass, or None where nothing was computed."""
    return {
        "cut": tap,
        "keys": [file.path.name for file in stored],
        "images": stored[0].shape[0],
        "bytes": sum(file.bytes for file in stored),
        "type": str(stored[0].dtype),
        "decoder": DECODER_VERSION,
        "clipped": sum(file.clipped for file in stored),
        "reused": seconds is None,
        "seconds": seconds,
        "augmentation": config.augmentation.mode,
    }
