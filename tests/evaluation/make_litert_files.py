"""Makes the tiny LiteRT models of `data/`, or of the folder that is named as an argument.

Both look at the mean colour of an 8 x 8 image. `colour.tflite` has three classes (red, green,
blue) and softmax; `warm.tflite` has two (cold, warm) and one sigmoid output: is red above blue?
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def write_models(folder: Path) -> None:
    pick_colour = np.eye(3, dtype=np.float32) / 32
    red_over_blue = np.array([[1 / 32], [0], [-1 / 32]], dtype=np.float32)
    _write(folder / "colour.tflite", pick_colour, "softmax")
    _write(folder / "warm.tflite", red_over_blue, "sigmoid")


def _write(path: Path, kernel: np.ndarray, activation: str) -> None:
    inputs = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(inputs)
    dense = keras.layers.Dense(kernel.shape[1], activation=activation, name="predictions")
    model = keras.Model(inputs, dense(pooled))
    dense.set_weights([kernel, np.zeros(kernel.shape[1], dtype=np.float32)])
    concrete = tf.function(model).get_concrete_function(tf.TensorSpec((1, 8, 8, 3), tf.float32))
    frozen = convert_variables_to_constants_v2(concrete)
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())


if __name__ == "__main__":
    write_models(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
