"""Builds a backbone with its pretrained weights: bundled, from the workspace, or downloaded."""

from __future__ import annotations

import hashlib
import importlib
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

import keras

from core.backbones.catalog import BackboneSpec
from core.backbones.lite0 import BUNDLED_WEIGHTS
from core.errors import BackboneError, WeightsError

# Keras downloads without a time limit of its own; a silent firewall would hold the run for ever.
DOWNLOAD_TIMEOUT_S = 15.0
_SUFFIXES = (".weights.h5", ".h5", ".keras")


def load_backbone(
    spec: BackboneSpec, image_size: int, weights_dir: Path, weights: str = "imagenet"
) -> keras.Model:
    """Builds a backbone for one image size.

    Args:
        spec: Its row of the catalogue.
        image_size: Height and width of the input, in pixels.
        weights_dir: The workspace's `weights/`: looked into before anything is downloaded.
        weights: `imagenet`, or `random` for an untrained backbone.

    Returns:
        A functional model without a classifier.

    Raises:
        BackboneError: If the image size is too small.
        WeightsError: If the weights cannot be had or do not fit.
    """
    if image_size < spec.min_image_size:
        raise BackboneError(
            f"{spec.title} takes images of {spec.min_image_size} px or more; "
            f"received {image_size} px.",
            "Choose a larger image size.",
        )
    shape = (image_size, image_size, 3)
    builder = backbone_builder(spec)
    if weights == "random":
        return builder(include_top=False, weights=None, input_shape=shape)
    if spec.bundled:
        return builder(include_top=False, weights=str(BUNDLED_WEIGHTS), input_shape=shape)
    path = find_weights_file(spec, weights_dir)
    if path is not None:
        return _from_file(spec, builder, path, shape)
    return _download(spec, builder, shape, weights_dir)


def find_weights_file(spec: BackboneSpec, weights_dir: Path) -> Path | None:
    """A weights file in the workspace: under Keras' own name, or `<backbone>*.h5` and the like."""
    if not weights_dir.is_dir():
        return None
    exact = weights_dir / spec.weights_file
    if exact.is_file():
        return exact
    named = sorted(weights_dir.glob(f"{spec.name}*"))
    # `vgg16` must not take a file of `vgg16_bn`: after the name comes a separator.
    return next(
        (p for p in named if p.name.endswith(_SUFFIXES) and p.name[len(spec.name)] in "._-"), None
    )


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


def _from_file(
    spec: BackboneSpec, builder: Callable[..., keras.Model], path: Path, shape: tuple[int, int, int]
) -> keras.Model:
    try:
        return builder(include_top=False, weights=str(path), input_shape=shape)
    except (ValueError, OSError, KeyError) as error:
        raise WeightsError(
            f"{path.name} in the workspace's weights folder does not fit {spec.title}: "
            f"{str(error).splitlines()[0]}",
            f"Replace it by {spec.weights_file}, or choose the bundled EfficientNet-Lite0.",
        ) from error


def _download(
    spec: BackboneSpec,
    builder: Callable[..., keras.Model],
    shape: tuple[int, int, int],
    weights_dir: Path,
) -> keras.Model:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
    try:
        return builder(include_top=False, weights="imagenet", input_shape=shape)
    except Exception as error:
        raise WeightsError(
            f"The ImageNet weights of {spec.title} could not be downloaded.",
            f"Put {spec.weights_file} into {weights_dir}, "
            "or choose the bundled EfficientNet-Lite0.",
        ) from error
    finally:
        socket.setdefaulttimeout(before)
