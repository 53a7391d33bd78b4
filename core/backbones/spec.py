"""Facts about a backbone that need no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Preprocessing = Literal["caffe", "tf", "torch", "lite", "included"]


@dataclass(frozen=True)
class BackboneSpec:
    """One pretrained backbone.

    Attributes:
        name: Key of the catalogue; also in a run's configuration.
        title: As people write it.
        builder: `module:function` that builds it. It is called with `include_top=False`,
            `weights` and `input_shape`, as the functions of `keras.applications` are. "" for a
            user's own backbone, which is a file.
        preprocessing: What the pretrained weights expect of RGB in [0, 255]: `caffe` (BGR, mean
            subtracted), `tf` (to [-1, 1]), `torch` (ImageNet mean and deviation), `lite`
            ((x - 127) / 128) or `included` (the builder's own layers do it).
        default_image_size: Height and width that it was trained with, in pixels.
        min_image_size: Smallest height and width that it takes, in pixels.
        default_block: The block that fine-tuning starts from, unless another is chosen; "" for
            the last one.
        parameters: Without its classifier; about, for a user's own backbone.
        top1: Accuracy on ImageNet with its own classifier, in percent; 0 where nobody measured.
        source: Where `top1` stands.
        licence: Of the weights.
        sentence: When to choose it.
        weights_file: Name that Keras gives to the weights' file; looked for in the workspace's
            `weights/` too.
        bundled: Whether the weights ship with the app.
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

    @property
    def is_own(self) -> bool:
        """True if it is a file that a user put into the workspace's `weights/`."""
        return not self.builder
