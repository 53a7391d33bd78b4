"""Converts a trained model into one of `core.export.formats`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.errors import ExportError
from core.export.formats import ONNX_OPSET, ExportFormat
from core.export.litert import export_float16, export_int8, export_litert, frozen_function
from core.language import tr

# Training images that tell int8 the range of every activation.
SAMPLES = 100


def convert(
    chosen: ExportFormat, model: keras.Model, path: Path, samples: np.ndarray[Any, Any]
) -> None:
    """Writes a composed model in another format.

    Args:
        chosen: The format.
        model: The model; it takes RGB in [0, 255].
        path: The file, or for SavedModel the folder, to write.
        samples: uint8 `(n, image_size, image_size, 3)`, training images for int8.

    Raises:
        ExportError: If packages are missing.
    """
    if chosen.missing:
        raise ExportError(
            tr(
                "{format} needs packages that are not installed: {packages}.",
                format=chosen.title,
                packages=", ".join(chosen.missing),
            ),
            tr("Install them: pip install -r requirements-export.txt"),
        )
    if chosen.key == "litert":
        export_litert(model, path)
    elif chosen.key == "litert_float16":
        export_float16(model, path)
    elif chosen.key == "litert_int8":
        export_int8(model, path, samples)
    elif chosen.key == "onnx":
        _export_onnx(model, path)
    else:
        _export_saved_model(model, path)


def _export_onnx(model: keras.Model, path: Path) -> None:
    """Not by Keras' own way: it loses constants that are no weights, as EfficientNet's scale."""
    import tf2onnx

    frozen = frozen_function(model, batch=None)
    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[frozen.inputs[0].name],
        output_names=[frozen.outputs[0].name],
        opset=ONNX_OPSET,
        output_path=str(path),
    )


def _export_saved_model(model: keras.Model, path: Path) -> None:
    """Its signatures are `serve` and `serving_default`: what TensorFlow Serving asks for."""
    shape = (None, *model.inputs[0].shape[1:])
    signature = [keras.InputSpec(shape=shape, dtype="float32", name="image")]
    model.export(path, format="tf_saved_model", verbose=False, input_signature=signature)
