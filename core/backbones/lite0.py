"""EfficientNet-Lite0 in plain Keras layers.

Architecture: Tan and Le 2019 (arXiv 1905.11946) in the Lite variant: no squeeze-and-excitation,
ReLU capped at 6, stem and top not scaled.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras
import numpy as np
from keras import layers

from core.errors import WeightsError
from core.language import mark, tr

BUNDLED_WEIGHTS = Path(__file__).with_name("bundled") / "efficientnet_lite0_imagenet.npz"

# repeats, kernel size, stride of the first repeat, expansion, filters
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def EfficientNetLite0(  # noqa: N802 - named as the functions of keras.applications are
    include_top: bool = False,
    weights: str | None = None,
    input_shape: tuple[int, int, int] = (224, 224, 3),
) -> keras.Model:
    """Builds the backbone; its input is RGB already scaled by (x - 127) / 128.

    Args:
        include_top: Only `False`: the classifier is not part of it.
        weights: Path of an `.npz` with keys `layer/weight`, or `None` for random weights.
        input_shape: `(height, width, 3)`.

    Returns:
        A functional model with output `(batch, height / 32, width / 32, 1280)`.

    Raises:
        ValueError: If `include_top` is asked for.
        WeightsError: If the weights do not fit.
    """
    if include_top:
        raise ValueError(f"`include_top` should be `False`. Received: include_top={include_top}")
    inputs = keras.Input(shape=input_shape)
    x = _conv(inputs, 32, 3, 2, "stem_conv")
    for stage, (repeats, kernel, stride, expansion, filters) in enumerate(STAGES, start=1):
        for repeat in range(repeats):
            name = f"block{stage}{'abcd'[repeat]}"
            x = _inverted_residual(x, name, kernel, stride if not repeat else 1, expansion, filters)
    x = _conv(x, 1280, 1, 1, "top_conv")
    model = keras.Model(inputs, x, name="efficientnet_lite0")
    if weights is not None:
        load_npz(model, Path(weights))
    return model


def load_npz(model: keras.Model, path: Path) -> None:
    """Fills every weight of `model` from an `.npz` with keys `layer/weight`.

    Raises:
        WeightsError: If the file cannot be read, or a weight is missing or has another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            values = {key: arrays[key] for key in arrays.files}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsError(
            tr("{file} cannot be read as an .npz of weights.", file=path.name), tr(_WAY_OUT)
        ) from error
    for layer in model.layers:
        for weight in layer.weights:
            key = f"{layer.name}/{weight.name}"
            if key not in values:
                raise WeightsError(
                    tr("{file} has no weight {name}.", file=path.name, name=key), tr(_WAY_OUT)
                )
            if values[key].shape != tuple(weight.shape):
                raise WeightsError(
                    tr(
                        "{file} has {name} with shape {shape}; the layer needs {needed}.",
                        file=path.name,
                        name=key,
                        shape=str(values[key].shape),
                        needed=str(tuple(weight.shape)),
                    ),
                    tr(_WAY_OUT),
                )
            weight.assign(values[key])


_WAY_OUT = mark("Use the file that comes with the app.")


def _conv(x: keras.KerasTensor, filters: int, kernel: int, stride: int, name: str) -> object:
    x = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def _inverted_residual(
    x: keras.KerasTensor, name: str, kernel: int, stride: int, expansion: int, filters: int
) -> object:
    shortcut = x
    if expansion > 1:
        x = _conv(x, x.shape[-1] * expansion, 1, 1, f"{name}_expand")
    x = layers.DepthwiseConv2D(
        kernel, stride, padding="same", use_bias=False, name=f"{name}_dwconv"
    )(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_dwconv_bn")(x)
    x = layers.ReLU(6.0, name=f"{name}_dwconv_relu")(x)
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}_project")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_project_bn")(x)
    if stride == 1 and shortcut.shape[-1] == filters:
        x = layers.Add(name=f"{name}_add")([shortcut, x])
    return x
