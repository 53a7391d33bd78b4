"""The catalogue of backbones: one row each, as plain data that pages can show without keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import BackboneError

Preprocessing = Literal["caffe", "tf", "torch", "lite", "included"]


@dataclass(frozen=True)
class BackboneSpec:
    """One pretrained backbone.

    Attributes:
        name: Key of the catalogue; also in a run's configuration.
        title: As people write it.
        builder: `module:function` that builds it. It is called with `include_top=False`,
            `weights` and `input_shape`, as the functions of `keras.applications` are.
        preprocessing: What the pretrained weights expect of RGB in [0, 255]: `caffe` (BGR, mean
            subtracted), `tf` (to [-1, 1]), `torch` (ImageNet mean and deviation), `lite`
            ((x - 127) / 128) or `included` (the builder's own layers do it).
        default_image_size: Height and width that it was trained with, in pixels.
        min_image_size: Smallest height and width that it takes, in pixels.
        default_block: The block that fine-tuning starts from, unless another is chosen.
        parameters: Without its classifier.
        top1: Accuracy on ImageNet with its own classifier, in percent.
        source: Where `top1` stands.
        licence: Of the weights.
        sentence: When to choose it.
        bundled: Whether the weights ship with the app.
        weights_file: Name that Keras gives to the weights' file; looked for in the workspace's
            `weights/` too.
    """

    name: str
    title: str
    builder: str
    preprocessing: Preprocessing
    default_image_size: int
    min_image_size: int
    default_block: str
    parameters: int
    top1: float
    source: str
    licence: str
    sentence: str
    weights_file: str
    bundled: bool = False


_ROWS = (
    BackboneSpec(
        name="efficientnet_lite0",
        title="EfficientNet-Lite0",
        builder="core.backbones.lite0:EfficientNetLite0",
        preprocessing="lite",
        default_image_size=224,
        min_image_size=32,
        default_block="block6",
        parameters=3_413_024,
        top1=75.1,
        source="TensorFlow's EfficientNet-Lite release notes",
        licence="Apache-2.0",
        sentence="Small and quick on any machine; comes with the app.",
        weights_file="efficientnet_lite0_imagenet.npz",
        bundled=True,
    ),
    BackboneSpec(
        name="vgg16",
        title="VGG16",
        builder="keras.applications:VGG16",
        preprocessing="caffe",
        default_image_size=224,
        min_image_size=32,
        default_block="block5",
        parameters=14_714_688,
        top1=71.3,
        source="Keras Applications' table",
        licence="CC BY 4.0 (VGG, University of Oxford)",
        sentence="The classic of textbooks: plain to follow, slow, large.",
        weights_file="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ),
)

CATALOG: dict[str, BackboneSpec] = {row.name: row for row in _ROWS}


def find_backbone(name: str) -> BackboneSpec:
    """Looks a backbone up by name.

    Raises:
        BackboneError: If there is none of that name.
    """
    try:
        return CATALOG[name]
    except KeyError:
        raise BackboneError(
            f"There is no backbone {name!r}.", f"Choose one of {', '.join(CATALOG)}."
        ) from None
