"""Sensible settings for a data set, so that a beginner only presses the button."""

from __future__ import annotations

from dataclasses import replace

from core.backbones.catalog import BackboneSpec
from core.config import HeadConfig, HeadKind, TrainingConfig

# Sides that the sizes on offer are multiples of; 32 is what most backbones halve down to 1.
IMAGE_SIZES = (32, 64, 96, 128, 150, 160, 192, 224, 256, 299, 320, 384)
SMALL_IMAGE_SIZE = 96
FINE_TUNE_RATE_DIVISOR = 10
FINE_TUNE_EPOCHS = 15


def suggest_image_size(spec: BackboneSpec, median_side: float) -> int:
    """An image size for a backbone and images of some size.

    Args:
        spec: The backbone.
        median_side: Median over the images of the longer side, in pixels.

    Returns:
        The backbone's own size, or a smaller one for images that have no detail to lose: it costs
        a fifth of the time.
    """
    if median_side <= SMALL_IMAGE_SIZE:
        return max(SMALL_IMAGE_SIZE, spec.min_image_size)
    return spec.default_image_size


def suggest_training(head: HeadKind, train_images: int) -> TrainingConfig:
    """Suggest how to train a head of that kind on that many images.

    The classic head has some two million weights on a flattened map and needs smaller steps; with
    many images, fewer epochs see as many steps.
    """
    epochs = 30 if train_images < 5_000 else 15
    if head == "classic":
        return TrainingConfig(learning_rate=1e-4, epochs=min(epochs, 20))
    return TrainingConfig(learning_rate=1e-3, epochs=epochs)


def suggest_dropout(head: HeadKind) -> float:
    """Dropout before the last layer; the classic head's is the article's."""
    return 0.5 if head == "classic" else 0.2


def suggest_fine_tuning(base: HeadConfig) -> TrainingConfig:
    """Suggest how to fine-tune from a head run: its settings with a tenth of the learning rate."""
    return replace(
        base.training,
        learning_rate=base.training.learning_rate / FINE_TUNE_RATE_DIVISOR,
        epochs=FINE_TUNE_EPOCHS,
    )
