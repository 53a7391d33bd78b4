"""Export of a composed model to LiteRT (`.tflite`): float32, float16 or int8."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from core.files import replace_file


def export_litert(model: keras.Model, path: Path) -> None:
    """Writes the model as LiteRT in float32, its weights inside.

    Variables are turned into constants before conversion: it takes a third of the time of the
    way over a SavedModel, and without it the file would hold no weights.

    Args:
        model: A composed model.
        path: The `.tflite` to write. Its input is float32 `(1, image_size, image_size, 3)`, RGB
            in [0, 255].
    """
    _write(_converter(model), path)


def export_float16(model: keras.Model, path: Path) -> None:
    """Writes the model as LiteRT with weights in half precision; input and output as ever."""
    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    _write(converter, path)


def export_int8(model: keras.Model, path: Path, samples: np.ndarray[Any, Any]) -> None:
    """Writes the model as LiteRT with weights and activations in 8 bits.

    Args:
        model: A composed model.
        path: The `.tflite` to write; input and output stay float32, as `export_litert` has them.
        samples: uint8 `(n, image_size, image_size, 3)`, RGB: training images, which tell the
            range of every activation.
    """
    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [image[np.newaxis].astype(np.float32)] for image in samples
    )
    _write(converter, path)


def frozen_function(model: keras.Model, batch: int | None = 1) -> Any:
    """The model as one concrete function whose weights are constants.

    Args:
        model: A composed model.
        batch: Images at a time; None for any number.
    """
    shape = (batch, *model.inputs[0].shape[1:])
    function = tf.function(lambda image: model(image, training=False), autograph=False)
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32, name="image"))
    return convert_variables_to_constants_v2(concrete)


def _converter(model: keras.Model) -> Any:
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen_function(model)])


def _write(converter: Any, path: Path) -> None:
    content = converter.convert()
    replace_file(path, lambda part: _put(part, content))


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
