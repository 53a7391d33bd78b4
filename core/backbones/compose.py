"""Composes the whole model: preprocessing, backbone and head, in one flat functional model.

The model takes float32 `(batch, image_size, image_size, 3)`, RGB in `[0, 255]`, and gives
probabilities: `(batch, 1)` by a sigmoid for two classes, `(batch, classes)` by softmax for more.
It is flat, not nested, so that it can be cut anywhere and people see the backbone's own layers.
"""

from __future__ import annotations

from collections.abc import Collection

import keras
from keras import layers

from core.backbones.blocks import HEAD_PREFIX, PREPROCESS_PREFIX, backbone_steps
from core.backbones.graph import replay
from core.backbones.spec import BackboneSpec, Preprocessing
from core.config import HeadConfig

INPUT_NAME = "image"
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def compose(
    backbone: keras.Model, spec: BackboneSpec, config: HeadConfig, classes: int
) -> keras.Model:
    """Puts preprocessing before the backbone and a new head behind it, the backbone frozen.

    Args:
        backbone: A model of `load_backbone`. Its layers become the new model's own.
        spec: Its row of the catalogue.
        config: Kind and size of the head; its seed decides the head's initial weights.
        classes: Number of classes, at least two.

    Returns:
        The model; only the head is trainable. Not compiled.
    """
    size = config.image_size
    image = keras.Input(shape=(size, size, 3), name=INPUT_NAME)
    # Applied layer by layer: a backbone that is called as one would be nested.
    features = replay(backbone, preprocess(image, spec.preprocessing))
    outputs = add_head(features, config, classes)
    model = keras.Model(image, outputs, name="classifier")
    set_trainable(model, ())
    return model


def preprocess(image: keras.KerasTensor, preprocessing: Preprocessing) -> keras.KerasTensor:
    """Turns RGB in [0, 255] into what pretrained weights expect."""
    name = f"{PREPROCESS_PREFIX}scale"
    if preprocessing == "lite":
        return layers.Rescaling(1 / 128, -127 / 128, name=name)(image)
    if preprocessing == "tf":
        return layers.Rescaling(1 / 127.5, -1.0, name=name)(image)
    if preprocessing == "torch":
        scale = [1 / (255 * d) for d in _IMAGENET_DEVIATION]
        offset = [-m / d for m, d in zip(_IMAGENET_MEAN, _IMAGENET_DEVIATION, strict=True)]
        return layers.Rescaling(scale, offset, name=name)(image)
    if preprocessing == "caffe":
        bgr = keras.ops.flip(image, axis=-1)
        return layers.Rescaling(1.0, [-m for m in _CAFFE_MEAN_BGR], name=name)(bgr)
    return layers.Rescaling(1.0, name=name)(image)


def add_head(features: keras.KerasTensor, config: HeadConfig, classes: int) -> keras.KerasTensor:
    """Adds a new classifier behind a backbone's output `(batch, height, width, channels)`."""
    seed = config.training.seed
    if config.head == "light":
        x = layers.GlobalAveragePooling2D(name=head_input_name(config))(features)
    else:
        x = layers.Flatten(name=head_input_name(config))(features)
        x = layers.Dense(
            config.hidden_units,
            kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
            name=f"{HEAD_PREFIX}dense",
        )(x)
        x = layers.ReLU(name=f"{HEAD_PREFIX}relu")(x)
    x = layers.Dropout(config.dropout, seed=seed, name=f"{HEAD_PREFIX}dropout")(x)
    binary = classes == 2
    return layers.Dense(
        1 if binary else classes,
        activation="sigmoid" if binary else "softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 1),
        # Probabilities stay float32 under mixed precision.
        dtype="float32",
        name=f"{HEAD_PREFIX}output",
    )(x)


def head_input_name(config: HeadConfig) -> str:
    """Name of the head's first layer: it has no weights, so its output can be stored."""
    return f"{HEAD_PREFIX}pool" if config.head == "light" else f"{HEAD_PREFIX}flatten"


def head_parameters(model: keras.Model) -> int:
    """Parameters of a composed model's head."""
    return sum(layer.count_params() for layer in model.layers if layer.name.startswith(HEAD_PREFIX))


def set_trainable(
    model: keras.Model, unfrozen_layers: Collection[str], freeze_batchnorm: bool = True
) -> None:
    """Unfreezes the head and the named backbone layers, and freezes all others.

    Takes effect when the model is compiled.

    Args:
        model: A composed model.
        unfrozen_layers: Names of backbone layers.
        freeze_batchnorm: Whether BatchNorm layers of the backbone stay frozen. Each is frozen
            itself: Keras 3 does not let a `training=False` of the call through to them in `fit`.
    """
    model.trainable = True  # also sets every layer, so it comes first
    for step in backbone_steps(model):
        layer = step.operation
        if isinstance(layer, layers.Layer):
            frozen_norm = freeze_batchnorm and isinstance(layer, layers.BatchNormalization)
            layer.trainable = step.name in unfrozen_layers and not frozen_norm


def count_parameters(model: keras.Model) -> tuple[int, int]:
    """Counts `(trainable, frozen)` parameters as Keras' own summary does."""
    trainable = sum(_size(v) for v in model.trainable_weights)
    return trainable, sum(_size(v) for v in model.non_trainable_weights)


def _size(variable: keras.Variable) -> int:
    count = 1
    for size in variable.shape:
        count *= int(size)
    return count
