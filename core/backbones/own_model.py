"""Loads a user's own backbone, safely, and checks that it can serve as one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras

from core.backbones.blocks import HEAD_PREFIX, PREPROCESS_PREFIX
from core.backbones.graph import graph_steps, replay
from core.backbones.spec import BackboneSpec
from core.errors import BackboneError

# What Keras raises on files that are damaged, refused for safety, or need code it has not got.
_LOADING_ERRORS = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ImportError,
    RuntimeError,
    zipfile.BadZipFile,
)


def load_own(spec: BackboneSpec, image_size: int, weights_dir: Path) -> keras.Model:
    """Loads a `.keras` file with Keras' safe mode on.

    Args:
        spec: Of `own_spec`.
        image_size: Height and width of the input, in pixels.
        weights_dir: The folder that has the file.

    Returns:
        A flat functional model that takes `(batch, image_size, image_size, 3)`.

    Raises:
        BackboneError: If the file is missing, cannot be loaded safely, or is no backbone.
    """
    name = spec.weights_file
    path = weights_dir / name
    if not path.is_file():
        raise BackboneError(f"There is no {name} in the weights folder.", f"Put it into {path}.")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except _LOADING_ERRORS as error:
        raise BackboneError(
            f"{name} cannot be loaded safely: {_first_line(error)}",
            "Save a model made of Keras' own layers, without Lambda, as .keras.",
        ) from error
    _check_ends(model, name)
    image = keras.Input((image_size, image_size, 3), name="backbone_input")
    try:
        flat = keras.Model(image, replay(model, image), name="own_backbone")
    except _LOADING_ERRORS as error:
        raise BackboneError(
            f"{name} does not take images of {image_size} px: {_first_line(error)}",
            f"Choose {spec.default_image_size} px, which it was saved with.",
        ) from error
    _check_layers(flat, name)
    return flat


def _check_ends(model: object, name: str) -> None:
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise BackboneError(
            f"{name} is not a functional or sequential model.", "Build it with keras.Model(x, y)."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise BackboneError(
            f"{name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs.",
            "A backbone has one of each.",
        )
    taken, given = model.inputs[0].shape, model.outputs[0].shape
    if len(taken) != 4 or taken[-1] != 3:
        raise BackboneError(
            f"{name} takes {taken}.", "A backbone takes (batch, height, width, 3): RGB images."
        )
    if len(given) != 4:
        raise BackboneError(
            f"{name} gives {given}, not a feature map.",
            "Save it without pooling and classifier: (batch, height, width, channels).",
        )


def _check_layers(model: keras.Model, name: str) -> None:
    names = [step.name for step in graph_steps(model)]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise BackboneError(
            f"{name} uses its layer {twice} twice, so that no cut can come between.",
            "Give each place a layer of its own.",
        )
    taken = next((n for n in names if n.startswith((HEAD_PREFIX, PREPROCESS_PREFIX))), None)
    if taken:
        raise BackboneError(
            f"{name} has a layer {taken!r}; the app keeps names that begin so for itself.",
            f"Rename it: no layer may begin with {HEAD_PREFIX} or {PREPROCESS_PREFIX}.",
        )


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
