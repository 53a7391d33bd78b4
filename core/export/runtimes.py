"""An exported model in its own runtime: images in, probabilities out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation.classifier import Classifier
from core.export.formats import ExportFormat
from core.export.fresh import Timed, fresh_process

Array = np.ndarray[Any, Any]


@contextmanager
def open_runtime(
    chosen: ExportFormat, path: Path, class_names: tuple[str, ...], image_size: int
) -> Iterator[Timed]:
    """Loads an exported model, each format by what others will load it with.

    Yields:
        A function of uint8 `(1, image_size, image_size, 3)`, RGB, that gives float32
        `(1, classes)` and the seconds that the model took.

    Raises:
        ExportError: If the runtime cannot run it.
    """
    if chosen.runtime == "litert":
        yield _timed(Classifier(path, class_names, image_size).classify)
    elif chosen.runtime == "onnx":
        yield _timed(_onnx(path))
    else:
        # Not in this process, where the trained model lives: both could share what is wrong.
        with fresh_process(chosen.runtime, path, image_size) as ask:
            yield lambda images: _both(*ask(images))


def _onnx(path: Path) -> Callable[[Array], Array]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: two_columns(session.run(None, {name: images.astype(np.float32)})[0])


def _timed(predict: Callable[[Array], Array]) -> Timed:
    def timed(images: Array) -> tuple[Array, float]:
        began = time.perf_counter()
        found = predict(images)
        return found, time.perf_counter() - began

    return timed


def _both(outputs: Array, seconds: float) -> tuple[Array, float]:
    return two_columns(outputs), seconds


def two_columns(outputs: Array) -> Array:
    """A sigmoid's one column `p` as two, `1 - p` and `p`; softmax as it is."""
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
