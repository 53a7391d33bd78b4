"""Converts a trained model into one of `core.export.formats`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.errors import ExportError
from core.export.formats import ONNX_OPSET, ExportFormat
from core.export.litert import export_float16, export_int8, export_litert

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
            f"{chosen.title} needs packages that are not installed: {', '.join(chosen.missing)}.",
            "Install them: pip install -r requirements-export.txt",
        )
    if chosen.key == "litert":
        export_litert(model, path)
    elif chosen.key == "litert_float16":
        export_float16(model, path)
    elif chosen.key == "litert_int8":
        export_int8(model, path, samples)
    else:
        _export(chosen, model, path)


def _export(chosen: ExportFormat, model: keras.Model, path: Path) -> None:
    shape = (None, *model.inputs[0].shape[1:])
    signature = [keras.InputSpec(shape=shape, dtype="float32", name="image")]
    if chosen.key == "onnx":
        model.export(
            path,
            format="onnx",
            verbose=False,
            input_signature=signature,
            opset_version=ONNX_OPSET,
        )
    else:
        # Signatures `serve` and `serving_default`: what TensorFlow Serving asks for.
        model.export(path, format="tf_saved_model", verbose=False, input_signature=signature)
