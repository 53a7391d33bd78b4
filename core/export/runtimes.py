"""An exported model in its own runtime: images in, probabilities out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation.classifier import Classifier
from core.export.formats import ExportFormat

Array = np.ndarray[Any, Any]
# Takes uint8 `(1, image_size, image_size, 3)` and gives float32 `(1, classes)`.
Predict = Callable[[Array], Array]


def open_runtime(
    chosen: ExportFormat, path: Path, class_names: tuple[str, ...], image_size: int
) -> Predict:
    """Loads an exported model, each format by what others will load it with."""
    if chosen.runtime == "litert":
        return Classifier(path, class_names, image_size).classify
    if chosen.runtime == "onnx":
        return _onnx(path)
    return _saved_model(path)


def _onnx(path: Path) -> Predict:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: two_columns(session.run(None, {name: images.astype(np.float32)})[0])


def _saved_model(path: Path) -> Predict:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def predict(images: Array) -> Array:
        # Asked of `loaded` each time, because a signature alone does not keep its weights alive.
        outputs = loaded.signatures["serving_default"](tf.constant(images, tf.float32))
        return two_columns(next(iter(outputs.values())).numpy())

    return predict


def two_columns(outputs: Array) -> Array:
    """A sigmoid's one column `p` as two, `1 - p` and `p`; softmax as it is."""
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
