"""Builds a backbone with its pretrained weights: bundled, from the workspace, or downloaded."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterable
from pathlib import Path

import keras
import numpy as np

from core.backbones.download import downloaded_weights
from core.backbones.graph import replay
from core.backbones.lite0 import BUNDLED_WEIGHTS, load_npz
from core.backbones.own import is_named_after
from core.backbones.own_model import load_own
from core.backbones.spec import BackboneSpec
from core.backbones.weights_file import SUFFIXES, load_weights_file
from core.config import WeightsKind
from core.errors import BackboneError
from core.language import tr

_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def load_backbone(
    spec: BackboneSpec, image_size: int, weights_dir: Path, weights: WeightsKind = "imagenet"
) -> keras.Model:
    """Builds a backbone for one image size.

    Args:
        spec: Its row of the catalogue.
        image_size: Height and width of the input, in pixels.
        weights_dir: The workspace's `weights/`: looked into before anything is downloaded.
        weights: `imagenet`, or `random` for an untrained backbone. A user's own file always has
            its own weights.

    Returns:
        A flat functional model without a classifier.

    Raises:
        BackboneError: If the image size is too small, or a user's own file is no backbone.
        WeightsError: If the weights cannot be had or do not fit.
    """
    if image_size < spec.min_image_size:
        raise BackboneError(
            tr(
                "{title} takes images of {least} px or more; received {size} px.",
                title=spec.title,
                least=spec.min_image_size,
                size=image_size,
            ),
            tr("Choose a larger image size."),
        )
    if spec.is_own:
        return load_own(spec, image_size, weights_dir)
    builder = backbone_builder(spec)
    shape = (image_size, image_size, 3)
    # Built first and filled then: names of layers do not depend on where the weights come from.
    model = builder(include_top=False, weights=None, input_shape=shape)
    if weights != "random":
        path = find_weights_file(spec, weights_dir) or _usual_file(spec, builder, weights_dir)
        if path.suffix == ".npz":
            load_npz(model, path)
        else:
            load_weights_file(model, path, spec.title)
        _match_authors(model)
    image = keras.Input(shape, name="backbone_input")
    return keras.Model(image, replay(model, image), name=spec.name)


def find_weights_file(spec: BackboneSpec, weights_dir: Path) -> Path | None:
    """A weights file in the workspace: under Keras' own name, or `<backbone>*.h5` and the like."""
    if not weights_dir.is_dir():
        return None
    exact = weights_dir / spec.weights_file
    if exact.is_file():
        return exact
    suffixes = (*SUFFIXES, ".npz") if spec.bundled else SUFFIXES
    named = (p for p in sorted(weights_dir.iterdir()) if is_named_after(p, spec.name))
    return next((p for p in named if p.name.endswith(suffixes)), None)


def fingerprint(weights: Iterable[keras.Variable]) -> str:
    """SHA-256 over names, shapes and values of weights, in hexadecimal digits."""
    digest = hashlib.sha256()
    for weight in weights:
        value = weight.numpy()
        digest.update(f"{weight.path} {value.shape} {value.dtype}\n".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def backbone_builder(spec: BackboneSpec) -> Callable[..., keras.Model]:
    """The function that builds the backbone, with the arguments of `keras.applications`'."""
    module, _, function = spec.builder.partition(":")
    builder: Callable[..., keras.Model] = getattr(importlib.import_module(module), function)
    return builder


def _usual_file(spec: BackboneSpec, builder: Callable[..., keras.Model], weights_dir: Path) -> Path:
    return BUNDLED_WEIGHTS if spec.bundled else downloaded_weights(spec, builder, weights_dir)


def _match_authors(model: keras.Model) -> None:
    """Makes EfficientNet's first layers compute what its authors' did.

    Its files hold ImageNet's deviation where the variance belongs (tensorflow#49930). Keras makes
    up for it by one more layer, but only in a model that downloads its weights itself; so the
    variance is put right here.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            stored = np.asarray(layer.adapt_variance)
            if np.allclose(stored, _IMAGENET_DEVIATION, atol=5e-3):
                layer.adapt_variance.assign(stored * np.array(_IMAGENET_DEVIATION, np.float32))
                layer.finalize_state()
