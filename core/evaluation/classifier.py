"""A run's model in the LiteRT runtime: predictions in milliseconds, without TensorFlow."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import RunError
from core.files import read_json
from core.language import tr, trn
from core.records import UNREADABLE_RECORD, read_record
from core.runs import Run

# Predictions share the machine with training runs, and one image needs no more.
THREADS = 2


class Classifier:
    """A trained model, loaded once and asked many times; of several threads, one waits for another.

    Args:
        model_path: A LiteRT file with one input, float32 `(1, image_size, image_size, 3)`, RGB in
            `[0, 255]`, and one output, float32 `(1, classes)` that sums to 1 or `(1, 1)`: the
            probability of the second of two classes.
        class_names: In the order of the labels.
        image_size: Height and width that the model takes, in pixels.

    Raises:
        RunError: If the file is missing or is no such model.
    """

    def __init__(self, model_path: Path, class_names: tuple[str, ...], image_size: int) -> None:
        self.class_names = class_names
        self.image_size = image_size
        self._path = model_path
        self._interpreter = _load(model_path)
        self._together: tuple[Any, int] | None = None
        self._lock = threading.Lock()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        takes = tuple(self._input["shape"].tolist())
        gives = tuple(self._output["shape"].tolist())
        expected = (1, 1) if len(class_names) == 2 and gives == (1, 1) else (1, len(class_names))
        if takes != (1, image_size, image_size, 3) or gives != expected:
            raise RunError(
                trn(
                    "{name} takes {takes} and gives {gives}, which does not fit {count} class at "
                    "{size} pixels.",
                    "{name} takes {takes} and gives {gives}, which does not fit {count} classes at "
                    "{size} pixels.",
                    len(class_names),
                    name=model_path.name,
                    takes=str(takes),
                    gives=str(gives),
                    size=image_size,
                ),
                tr("Train the run again."),
            )

    def classify(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Probabilities of each class for each image.

        Args:
            images: uint8 `(n, image_size, image_size, 3)`, RGB in `[0, 255]`, as
                `core.datasets.decode` makes them.

        Returns:
            float32 `(n, classes)`, each row with sum 1; a model with a single sigmoid output gives
            two columns, 1 - p and p.
        """
        rows, rest = self._classify_together(images)
        rows += [self._classify_one(image) for image in rest]
        given = np.concatenate(rows) if rows else np.empty((0, len(self.class_names)), np.float32)
        if given.shape[1] == 1:
            return np.concatenate([1 - given, given], axis=1)
        return given

    def run_together(self, count: int) -> bool:
        """Prepare the model for batches of a fixed size: faster, for more memory.

        Returns:
            Whether the model can; one that has its batch built in goes on one by one.
        """
        interpreter = _load(self._path)
        try:
            interpreter.resize_tensor_input(
                self._input["index"], (count, *self._input["shape"][1:])
            )
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError):
            return False
        gives = tuple(interpreter.get_output_details()[0]["shape"].tolist())
        if gives != (count, *self._output["shape"][1:].tolist()):
            return False
        self._together = interpreter, count
        return True

    def _classify_together(
        self, images: npt.NDArray[np.uint8]
    ) -> tuple[list[npt.NDArray[np.float32]], npt.NDArray[np.uint8]]:
        """The rows of whole groups, and the images that are left."""
        if self._together is None:
            return [], images
        interpreter, count = self._together
        whole = len(images) - len(images) % count
        groups = (images[start : start + count] for start in range(0, whole, count))
        return [self._run(interpreter, group) for group in groups], images[whole:]

    def _classify_one(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        return self._run(self._interpreter, image[np.newaxis])

    def _run(self, interpreter: Any, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        with self._lock:
            interpreter.set_tensor(self._input["index"], images.astype(np.float32))
            interpreter.invoke()
            output: npt.NDArray[np.float32] = interpreter.get_tensor(self._output["index"])
            return output


def kept_class_names(run_dir: Path) -> tuple[str, ...]:
    """The classes as kept with a run's model; none where `predict.json` is missing or damaged."""
    return read_record(
        run_dir / "predict.json",
        lambda found: tuple(str(name) for name in found["class_names"]),
        (),
    )


def load_classifier(run: Run, model_path: Path | None = None) -> Classifier:
    """Loads the model of a finished run.

    Args:
        run: The run.
        model_path: Where the LiteRT model is; None for the run's own.

    Raises:
        RunError: If the run has no model, or its files cannot be read.
    """
    path = run.path / "predict.json"
    try:
        record = read_json(path)
        class_names, image_size = tuple(record["class_names"]), int(record["image_size"])
    except UNREADABLE_RECORD as error:
        raise RunError(
            tr("Run {run} has no readable predict.json, so its model cannot be used.", run=run.id),
            tr("Wait until it has ended, or train it again."),
        ) from error
    return Classifier(model_path or run.litert_path, class_names, image_size)


def model_input_size(path: Path) -> int:
    """Height and width in pixels that a LiteRT model takes.

    Raises:
        RunError: If the file is missing or is no such model.
    """
    return int(_load(path).get_input_details()[0]["shape"][1])


def _load(path: Path) -> Any:
    # Imported here, so that pages that only read tables do not load the runtime.
    from ai_edge_litert.interpreter import Interpreter

    if not path.is_file():
        raise RunError(
            tr("{file} is missing.", file=f"{path.parent.name}/{path.name}"),
            tr("Train the run again, or choose another."),
        )
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise RunError(
            tr(
                "{file} is no LiteRT model: {error}",
                file=f"{path.parent.name}/{path.name}",
                error=str(error),
            ),
            tr("Train the run again."),
        ) from error
    return interpreter
