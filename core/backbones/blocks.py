"""Finds a backbone's blocks: from its graph where it can be cut, named as people speak of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import keras

from core.backbones.block import Block
from core.backbones.graph import Step, cut_points, graph_steps, multiply_adds

# Layers of a composed model that do not belong to the backbone start with these.
PREPROCESS_PREFIX = "preprocess_"
HEAD_PREFIX = "head_"

# How a layer's name tells its block, the first that matches; `{}` is the matched number.
_NAMING = (
    (re.compile(r"^block_?(\d+)"), "block{}"),
    (re.compile(r"^(stem|top)_"), "{}"),
)


def find_blocks(model: keras.Model) -> list[Block]:
    """Groups a backbone's layers into named blocks, each ending at a cut point of the graph.

    Args:
        model: A backbone alone, or one composed with preprocessing and a head by
            `core.backbones.compose`; functional, one input, one output.

    Returns:
        The blocks in order. Together they hold every backbone layer once.
    """
    groups: list[tuple[str, list[Step]]] = []
    for segment in _segments(model):
        name = _segment_name(segment)
        if groups and (not name or groups[-1][0] == name):
            groups[-1][1].extend(segment)
        else:
            groups.append((name or "stem", list(segment)))
    return [_block(name, steps) for name, steps in groups]


def backbone_steps(model: keras.Model) -> list[Step]:
    """The steps of the backbone alone: no input, preprocessing or head."""
    steps = graph_steps(model)
    return [steps[i] for i in _backbone_indices(steps)]


def _backbone_indices(steps: Sequence[Step]) -> list[int]:
    # Preprocessing ends with the layer that is named so; what comes before it belongs to it too.
    first = max(
        i
        for i, step in enumerate(steps)
        if isinstance(step.operation, keras.layers.InputLayer)
        or step.name.startswith(PREPROCESS_PREFIX)
    )
    return [i for i in range(first + 1, len(steps)) if not steps[i].name.startswith(HEAD_PREFIX)]


def _segments(model: keras.Model) -> list[list[Step]]:
    """Stretches of the backbone between one cut point and the next."""
    steps = graph_steps(model)
    cuts = set(cut_points(steps))
    segments: list[list[Step]] = [[]]
    for i in _backbone_indices(steps):
        segments[-1].append(steps[i])
        if i in cuts:
            segments.append([])
    return [segment for segment in segments if segment]


def _segment_name(segment: Sequence[Step]) -> str:
    for step in segment:
        for pattern, name in _NAMING:
            match = pattern.match(step.name)
            if match:
                return name.format(match.group(1))
    return ""


def _block(name: str, steps: Sequence[Step]) -> Block:
    layers = [s.operation for s in steps if isinstance(s.operation, keras.layers.Layer)]
    norms = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    return Block(
        name=name,
        layers=tuple(step.name for step in steps),
        parameters=sum(layer.count_params() for layer in layers),
        statistics=sum(_count(layer.moving_mean) * 2 for layer in norms),
        batchnorm_parameters=sum(layer.count_params() for layer in norms),
        batchnorm_layers=len(norms),
        multiply_adds=sum(multiply_adds(step) for step in steps),
        output_shape=tuple(int(size) for size in steps[-1].output.shape[1:]),
    )


def _count(variable: keras.Variable) -> int:
    return int(variable.shape[0])
