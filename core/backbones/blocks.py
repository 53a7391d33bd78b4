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

# How a layer's name tells its block, the first that matches: a pattern, the block's name with `{}`
# for the matched number, and what is added to that number because Keras counts from 0.
_NAMING = (
    (re.compile(r"^block_?(\d+)"), "block{}", 0),  # VGG, Xception, EfficientNet, MobileNetV2
    (re.compile(r"^expanded_conv_(\d+)"), "block{}", 0),  # MobileNetV3
    (re.compile(r"^expanded_conv"), "block0", 0),  # MobileNetV2 and V3: the first one has no number
    (re.compile(r"^(?:conv1|pool1)_?"), "stem", 0),  # ResNet, DenseNet
    (re.compile(r"^conv(\d+)_"), "conv{}", 0),  # ResNet, DenseNet
    (re.compile(r"^pool(\d+)_"), "conv{}", 0),  # DenseNet: the transition belongs to what it ends
    (re.compile(r"^mixed(\d+)$"), "mixed{}", 0),  # InceptionV3
    (re.compile(r".*_stage_(\d+)_"), "stage{}", 1),  # ConvNeXt
    (re.compile(r".*_downsampling_.*_(\d+)$"), "stage{}", 2),  # ConvNeXt: opens the next stage
    (re.compile(r"^(?:normal|reduction|adjust)_"), "cells", 0),  # NASNet
    (re.compile(r"^Conv_1|^conv_1"), "top", 0),  # MobileNetV2, MobileNetV3
    (re.compile(r"^(stem|top)_"), "{}", 0),
)


def find_blocks(model: keras.Model) -> list[Block]:
    """Groups a backbone's layers into named blocks, each ending at a cut point of the graph.

    Args:
        model: A backbone alone, or one composed with preprocessing and a head by
            `core.backbones.compose`; functional, one input, one output.

    Returns:
        The blocks in order. Together they hold every backbone layer once.
    """
    segments = _segments(model)
    groups = _grouped(segments, [_segment_name(segment) for segment in segments])
    if len(groups) == 1 and len(segments) > 1:
        groups = _grouped(segments, _stage_names(segments))
    return [_block(name, steps) for name, steps in groups]


def default_block(blocks: Sequence[Block], preferred: str = "") -> str:
    """The block that fine-tuning starts from, unless another is chosen.

    Args:
        blocks: A backbone's blocks.
        preferred: What the catalogue says; "" for a backbone that it does not know.
    """
    return preferred if preferred in [b.name for b in blocks] else blocks[-1].name


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


def _grouped(segments: Sequence[list[Step]], names: Sequence[str]) -> list[tuple[str, list[Step]]]:
    """Joins neighbours of one name; a segment without a name joins the one before it."""
    groups: list[tuple[str, list[Step]]] = []
    seen: set[str] = set()
    for segment, name in zip(segments, names, strict=True):
        # A name that comes back later would stand for two blocks.
        if groups and (not name or name in seen):
            groups[-1][1].extend(segment)
        else:
            groups.append((name or "stem", list(segment)))
            seen.add(groups[-1][0])
    return groups


def _segment_name(segment: Sequence[Step]) -> str:
    for step in segment:
        for pattern, name, offset in _NAMING:
            match = pattern.match(step.name)
            if match:
                found = next(iter(match.groups()), "")
                return name.format(int(found) + offset if found.isdigit() else found)
    return ""


def _stage_names(segments: Sequence[list[Step]]) -> list[str]:
    """Names for a backbone whose layers tell none: a new stage where the map gets smaller."""
    names: list[str] = []
    stage, size = 0, None
    for segment in segments:
        now = segment[-1].output.shape[1:-1]
        if now != size:
            stage, size = stage + 1, now
        names.append(f"stage{stage}")
    return names


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
