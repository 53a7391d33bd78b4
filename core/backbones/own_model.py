"""Loads a user's own backbone, safely, and checks that it can serve as one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras

from core.backbones.blocks import HEAD_PREFIX, PREPROCESS_PREFIX
from core.backbones.graph import graph_steps, replay
from core.backbones.spec import BackboneSpec
from core.errors import BackboneError
from core.language import tr

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
        raise BackboneError(
            tr("There is no {file} in the weights folder.", file=name),
            tr("Put it into {folder}.", folder=str(path)),
        )
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except _LOADING_ERRORS as error:
        raise BackboneError(
            tr("{file} cannot be loaded safely: {error}", file=name, error=_first_line(error)),
            tr("Save a model made of Keras' own layers, without Lambda, as .keras."),
        ) from error
    _check_ends(model, name)
    image = keras.Input((image_size, image_size, 3), name="backbone_input")
    try:
        flat = keras.Model(image, replay(model, image), name="own_backbone")
    except _LOADING_ERRORS as error:
        raise BackboneError(
            tr(
                "{file} does not take images of {size} px: {error}",
                file=name,
                size=image_size,
                error=_first_line(error),
            ),
            tr("Choose {size} px, which it was saved with.", size=spec.default_image_size),
        ) from error
    _check_layers(flat, name)
    return flat


def _check_ends(model: object, name: str) -> None:
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise BackboneError(
            tr("{file} is not a functional or sequential model.", file=name),
            tr("Build it with keras.Model(x, y)."),
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise BackboneError(
            tr(
                "{file} has {inputs} inputs and {outputs} outputs.",
                file=name,
                inputs=len(model.inputs),
                outputs=len(model.outputs),
            ),
            tr("A backbone has one of each."),
        )
    taken, given = model.inputs[0].shape, model.outputs[0].shape
    if len(taken) != 4 or taken[-1] != 3:
        raise BackboneError(
            tr("{file} takes {shape}.", file=name, shape=str(taken)),
            tr("A backbone takes (batch, height, width, 3): RGB images."),
        )
    if len(given) != 4:
        raise BackboneError(
            tr("{file} gives {shape}, not a feature map.", file=name, shape=str(given)),
            tr("Save it without pooling and classifier: (batch, height, width, channels)."),
        )


def _check_layers(model: keras.Model, name: str) -> None:
    names = [step.name for step in graph_steps(model)]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise BackboneError(
            tr(
                "{file} uses its layer {layer} twice, so that no cut can come between.",
                file=name,
                layer=twice,
            ),
            tr("Give each place a layer of its own."),
        )
    taken = next((n for n in names if n.startswith((HEAD_PREFIX, PREPROCESS_PREFIX))), None)
    if taken:
        raise BackboneError(
            tr(
                "{file} has a layer {layer}; the app keeps names that begin so for itself.",
                file=name,
                layer=repr(taken),
            ),
            tr(
                "Rename it: no layer may begin with {head} or {preprocess}.",
                head=HEAD_PREFIX,
                preprocess=PREPROCESS_PREFIX,
            ),
        )


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
