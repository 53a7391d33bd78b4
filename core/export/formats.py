"""The formats that a finished model can be taken away in; plain data, without keras."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from core.errors import ExportError
from core.language import mark, tr


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes:
        key: Names its folder in a run's `exports/`.
        title: As people write it.
        sentence: What it is for, in English.
        file: Name of the model's file or folder in the zip.
        runtime: Name of the template of its `predict.py`.
        packages: What that needs from the package index.
        max_difference: Largest difference of a probability that is let pass.
        min_agreement: Smallest share of images with the same answer that is let pass.
        needs: Modules that conversion and check need on top of the app's own.
    """

    key: str
    title: str
    sentence: str
    file: str
    runtime: str
    packages: str
    max_difference: float
    min_agreement: float = 0.0
    needs: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The sentence in the reader's language."""
        return tr(self.sentence, opset=str(ONNX_OPSET))

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that are not installed, told without importing them."""
        return tuple(name for name in self.needs if find_spec(name) is None)


# The opset of 2022: every runtime of the last years reads it.
ONNX_OPSET = 17

FORMATS = {
    each.key: each
    for each in (
        ExportFormat(
            "keras",
            "Keras",
            mark("For Python with Keras 3, to go on with training; holds its model card."),
            "model.keras",
            "keras",
            "tensorflow numpy pillow",
            max_difference=1e-4,
        ),
        ExportFormat(
            "litert",
            "LiteRT",
            mark("For phones, Raspberry Pi and any Python, without TensorFlow."),
            "model.tflite",
            "litert",
            "ai-edge-litert numpy pillow",
            max_difference=1e-4,
        ),
        ExportFormat(
            "litert_float16",
            "LiteRT, float16",
            mark("Half the size; computes as before, with weights rounded to half precision."),
            "model.tflite",
            "litert",
            "ai-edge-litert numpy pillow",
            max_difference=0.05,
        ),
        ExportFormat(
            "litert_int8",
            "LiteRT, int8",
            mark(
                "A quarter of the size and quick on small processors; what it costs in accuracy is "
                "measured."
            ),
            "model.tflite",
            "litert",
            "ai-edge-litert numpy pillow",
            max_difference=1.0,
            min_agreement=0.8,
        ),
        ExportFormat(
            "saved_model",
            "SavedModel",
            mark("For TensorFlow Serving and other programs that use TensorFlow."),
            "saved_model",
            "saved_model",
            "tensorflow numpy pillow",
            max_difference=1e-4,
        ),
        ExportFormat(
            "onnx",
            "ONNX",
            mark("For ONNX Runtime, in any language (opset {opset})."),
            "model.onnx",
            "onnx",
            "onnxruntime numpy pillow",
            max_difference=1e-4,
            needs=("tf2onnx", "onnx", "onnxruntime"),
        ),
    )
}


def find_format(key: str) -> ExportFormat:
    """Looks a format up.

    Raises:
        ExportError: If there is none of that name.
    """
    try:
        return FORMATS[key]
    except KeyError:
        raise ExportError(
            tr("There is no format {format}.", format=repr(key)),
            tr("There are {formats}.", formats=", ".join(FORMATS)),
        ) from None
