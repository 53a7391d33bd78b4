"""The proof after a run: frozen weights are bit for bit what they were, unfrozen ones moved."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from core.backbones.block import Block

Snapshot = dict[str, np.ndarray[Any, Any]]


def snapshot(model: keras.Model) -> Snapshot:
    """Copies every weight, by its path."""
    return {weight.path: weight.numpy().copy() for weight in model.weights}


def prove(model: keras.Model, before: Snapshot, blocks: list[Block]) -> dict[str, Any]:
    """Compares every weight with what it was.

    Args:
        model: The trained model; its trainable weights are the unfrozen ones.
        before: The `snapshot` from before training.
        blocks: The backbone's blocks, to tell where a layer belongs.

    Returns:
        Counts `frozen_tensors`, `frozen_unchanged`, `unfrozen_tensors`, `unfrozen_changed`,
        `statistics` (BatchNorm statistics that follow the data because their layers were
        unfrozen), and `movement`: for each unfrozen weight its `layer`, `weight`, `block` and
        `relative` movement ||w1 - w0|| / ||w0||.
    """
    owner = {layer: block.name for block in blocks for layer in block.layers}
    unfrozen = {weight.path for weight in model.trainable_weights}
    statistics = _moving_statistics(model)
    frozen = [w for w in model.weights if w.path not in unfrozen | statistics]
    moved = [w for w in model.weights if w.path in unfrozen]
    return {
        "frozen_tensors": len(frozen),
        "frozen_unchanged": sum(_same(before[w.path], w.numpy()) for w in frozen),
        "unfrozen_tensors": len(moved),
        "unfrozen_changed": sum(not _same(before[w.path], w.numpy()) for w in moved),
        "statistics": len(statistics),
        "movement": [_movement(w, before[w.path], owner) for w in moved],
    }


def _moving_statistics(model: keras.Model) -> set[str]:
    return {
        weight.path
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        for weight in layer.non_trainable_weights
    }


def _same(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.tobytes() == b.tobytes()


def _movement(
    weight: keras.Variable, before: np.ndarray[Any, Any], owner: dict[str, str]
) -> dict[str, Any]:
    layer, _, name = weight.path.rpartition("/")
    start = float(np.linalg.norm(before))
    distance = float(np.linalg.norm(weight.numpy() - before))
    return {
        "layer": layer,
        "weight": name,
        "block": owner.get(layer, "head"),
        # A bias starts at zero: then the distance itself is told.
        "relative": distance / start if start else distance,
    }
