"""A model that lies in a folder: a run's, or one that was taken away and unpacked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.errors import RunError
from core.evaluation.classifier import Classifier, kept_class_names, model_input_size
from core.evaluation.rejection import read_threshold
from core.language import tr, trn
from core.runs import litert


def open_model(path: Path, waiting: Callable[[], None] = lambda: None) -> tuple[Classifier, float]:
    """Opens a model by its folder or its file.

    A run's LiteRT model is made by another process where it is missing.

    Args:
        path: A run's folder, the folder of an unpacked LiteRT export, or a `.tflite` file in one.
            The names of the classes stand beside it, in `predict.json` or `labels.txt`.
        waiting: Called once where the model has to be made first.

    Returns:
        The model, and the lowest probability that counts, 0 unless one was chosen on Evaluate.

    Raises:
        RunError: If there is no such model.
    """
    file = _model_file(path, waiting)
    return Classifier(file, _class_names(file.parent), model_input_size(file)), read_threshold(
        file.parent
    )


def _model_file(path: Path, waiting: Callable[[], None]) -> Path:
    if path.is_file():
        return path
    if (path / "model.keras").is_file() and (path / "config.json").is_file():
        litert.wait_for(path, waiting)
    found = sorted(path.glob("*.tflite")) if path.is_dir() else []
    if len(found) != 1:
        what = tr("{path} holds no .tflite model.", path=str(path))
        if found:
            what = trn(
                "{path} holds {count} .tflite model.",
                "{path} holds {count} .tflite models.",
                len(found),
                path=str(path),
            )
        raise RunError(what, tr("Name a run's folder or a .tflite file."))
    return found[0]


def _class_names(folder: Path) -> tuple[str, ...]:
    names = kept_class_names(folder)
    if names:
        return names
    try:  # an export has `labels.txt` instead
        return tuple((folder / "labels.txt").read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(
            tr(
                "{folder} has neither predict.json nor labels.txt: the classes have no names.",
                folder=str(folder),
            ),
            tr("Put labels.txt beside the model, one class a line."),
        ) from error
