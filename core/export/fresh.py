"""Runs a Keras or SavedModel export in a process of its own, which knows nothing of the training.

`python -m core.export.fresh RUNTIME PATH IMAGE_SIZE` writes `{}` once it is ready, then reads one
image after the other, `IMAGE_SIZE * IMAGE_SIZE * 3` bytes each, and answers each with a line of
JSON. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from core.errors import ExportError
from core.jobs.process import Process, start_piped
from core.language import tr

Array = np.ndarray[Any, Any]
# Takes uint8 `(1, image_size, image_size, 3)`; gives float32 `(1, outputs)` and the seconds.
Timed = Callable[[Array], tuple[Array, float]]


@contextmanager
def fresh_process(runtime: str, path: os.PathLike[str], image_size: int) -> Iterator[Timed]:
    """Opens an exported model in a new process; what it takes to start is not in the seconds.

    Args:
        runtime: `keras` or `saved_model`.
        path: The model's file or folder.
        image_size: Height and width that it takes, in pixels.

    Raises:
        ExportError: If the process ends before it was asked to; its words are in the task's log.
    """
    with start_piped([__name__, runtime, str(path), str(image_size)]) as child:
        _answer(child)  # that it is ready

        def predict(images: Array) -> tuple[Array, float]:
            found = _answer(child, images.astype(np.uint8).tobytes())
            return np.array(found["outputs"], np.float32), float(found["seconds"])

        try:
            yield predict
        finally:
            child.kill()


def _answer(child: Process, question: bytes = b"") -> dict[str, Any]:
    """Asks and waits for the answer's line."""
    line = b""
    if child.stdin is not None and child.stdout is not None:
        try:
            child.stdin.write(question)
            child.stdin.flush()
        except BrokenPipeError:
            child.kill()
        line = child.stdout.readline()
    if not line:
        raise ExportError(
            tr("The exported model cannot be run in a process of its own."),
            tr("task.log beside it says why; take another format."),
        )
    found: dict[str, Any] = json.loads(line)
    return found


def main(arguments: Sequence[str]) -> int:
    """Answers until the input ends."""
    runtime, path, image_size = arguments[0], arguments[1], int(arguments[2])
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    predict = _keras(path) if runtime == "keras" else _saved_model(path)
    answers.write("{}\n")  # ready
    shape = (1, image_size, image_size, 3)
    while content := sys.stdin.buffer.read(int(np.prod(shape))):
        image = np.frombuffer(content, np.uint8).reshape(shape).astype(np.float32)
        began = time.perf_counter()
        outputs = predict(image)
        seconds = time.perf_counter() - began
        answers.write(json.dumps({"outputs": outputs.tolist(), "seconds": seconds}) + "\n")
    return 0


def _keras(path: str) -> Callable[[Array], Array]:
    import keras

    model = keras.models.load_model(path, compile=False)
    return lambda image: np.asarray(model.predict_on_batch(image))


def _saved_model(path: str) -> Callable[[Array], Array]:
    import tensorflow as tf

    loaded = tf.saved_model.load(path)

    def predict(image: Array) -> Array:
        # Asked of `loaded` each time, because a signature alone does not keep its weights alive.
        outputs = loaded.signatures["serving_default"](tf.constant(image))
        found: Array = next(iter(outputs.values())).numpy()
        return found

    return predict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
