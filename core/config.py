"""The configurations of runs, as frozen dataclasses."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from core.records import known_fields

HeadKind = Literal["light", "classic"]
OptimizerName = Literal["adam", "adamw", "sgd"]
Scope = Literal["from", "only", "all", "none"]
WeightsKind = Literal["imagenet", "random"]
Schedule = Literal["constant", "cosine", "plateau"]
AugmentationMode = Literal["none", "views", "live"]
FeaturesType = Literal["float32", "float16"]

T = TypeVar("T")


@dataclass(frozen=True)
class Augmentation:
    """Augmentation of training images; validation and test images are never augmented.

    Attributes:
        mode: `none`; `views`: each epoch draws one of a few stored variants of every image, so
            that the frozen part still is computed once a variant; `live`: a new variant in every
            epoch, computed by the whole network each time.
        views: Stored variants of an image, the unchanged one among them.
        flip: Whether images may be mirrored left to right.
        rotation: Largest turn to either side, as a share of a full turn.
        zoom: Largest zoom in or out, as a share of the image.
        translation: Largest shift, as a share of the image's side.
        contrast: Largest change of contrast, as a share.
        brightness: Largest change of brightness, as a share of the whole range.
    """

    mode: AugmentationMode = "none"
    views: int = 4
    flip: bool = True
    rotation: float = 0.03
    zoom: float = 0.1
    translation: float = 0.1
    contrast: float = 0.1
    brightness: float = 0.1


@dataclass(frozen=True)
class TrainingConfig:
    """Training settings of either stage.

    Attributes:
        optimizer: `adam`, `adamw` or `sgd` (with momentum 0.9).
        learning_rate: Step size of the optimizer, at its highest.
        epochs: Most passes over the training images.
        batch_size: Images in one step.
        seed: Decides initial weights, dropout, augmentation and the order of images.
        schedule: How the rate goes on after warm-up: `constant`; `cosine`: down to nothing along
            half a cosine; `plateau`: a fifth of it whenever the validation loss has not improved
            for three epochs.
        warmup_epochs: Epochs in which the rate rises from nothing, step by step.
        backbone_rate: The unfrozen blocks' rate as a share of the head's.
        weight_decay: Decoupled weight decay of kernels, as the optimizer takes it.
        label_smoothing: Share of the target that is spread over all classes.
        class_weights: Whether rare classes count as much as common ones.
        patience: Epochs without a better validation loss after which training ends; 0 for never.
        augmentation: How training images are varied.
        mixed_precision: Whether layers compute in half precision: float16 on a GPU, bfloat16
            elsewhere; weights stay float32.
        deterministic: Whether operations that would not repeat bit for bit on a GPU are kept from
            being used.
        features_type: How stored features are written.
        all_gpus: Whether it trains on all GPUs of its machine at once; else on one of them.
    """

    optimizer: OptimizerName = "adam"
    learning_rate: float = 1e-3
    epochs: int = 30
    batch_size: int = 32
    seed: int = 0
    schedule: Schedule = "constant"
    warmup_epochs: float = 0.0
    backbone_rate: float = 1.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    class_weights: bool = False
    patience: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    mixed_precision: bool = False
    deterministic: bool = False
    features_type: FeaturesType = "float32"
    all_gpus: bool = False


@dataclass(frozen=True)
class HeadConfig:
    """A head run: a new head trained on a frozen backbone.

    Attributes:
        dataset_id: The data set's folder under the workspace's `datasets/`.
        dataset_version: The version of its manifest that the run uses.
        backbone: A name of `core.backbones.catalog`, or `own:<file name>`.
        image_size: Height and width of the model's input, in pixels.
        head: `light` (global average pooling, Dropout, Dense) or `classic` (the article's:
            Flatten, Dense, ReLU, Dropout, Dense).
        hidden_units: Units of the classic head's hidden layer.
        dropout: Share of units dropped before the last layer.
        weights: What the backbone starts from: `imagenet`, or `random` for one that has learned
            nothing.
        train_share: Share of each class's training images that it learns from, above 0 and at
            most 1. The seed draws them; a larger share holds all images of a smaller one.
        training: How it is trained.
    """

    dataset_id: str
    dataset_version: str
    backbone: str = "efficientnet_lite0"
    image_size: int = 224
    head: HeadKind = "light"
    hidden_units: int = 256
    dropout: float = 0.2
    weights: WeightsKind = "imagenet"
    train_share: float = 1.0
    training: TrainingConfig = field(default_factory=TrainingConfig)


@dataclass(frozen=True)
class FineTuneConfig:
    """A fine-tuning run: part of the backbone trained on, starting from a finished head run.

    Attributes:
        head_run_id: The run that it starts from.
        base: That run's configuration, copied: data set, backbone, image size and head.
        block: Name of the block that `scope` refers to.
        scope: `from` (that block and all after it), `only` (that block alone), `all` (the whole
            backbone) or `none` (the head only). The head is always trained.
        freeze_batchnorm: Whether the backbone's BatchNorm layers keep their weights and
            statistics.
        training: How it is trained.
    """

    head_run_id: str
    base: HeadConfig
    block: str
    scope: Scope = "from"
    freeze_batchnorm: bool = True
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(learning_rate=1e-4, epochs=10)
    )


@dataclass(frozen=True)
class RateTestConfig:
    """A rate test: a hundred steps at a rising rate, to find a good one. It makes no model.

    Attributes:
        base: The head run that is meant, or the one that fine-tuning would start from.
        fine_tuning: The fine-tuning run that is meant; None for the head run.
    """

    base: HeadConfig
    fine_tuning: FineTuneConfig | None = None

    @property
    def meant(self) -> HeadConfig | FineTuneConfig:
        """The run whose rate is looked for."""
        return self.fine_tuning or self.base

    @property
    def training(self) -> TrainingConfig:
        """Training settings of the intended run."""
        return self.meant.training


RunConfig = HeadConfig | FineTuneConfig | RateTestConfig

_KINDS: dict[str, type[HeadConfig] | type[FineTuneConfig] | type[RateTestConfig]] = {
    "head": HeadConfig,
    "fine_tune": FineTuneConfig,
    "rate_test": RateTestConfig,
}
_NESTED: dict[str, type[Any]] = {
    "training": TrainingConfig,
    "base": HeadConfig,
    "augmentation": Augmentation,
    "fine_tuning": FineTuneConfig,
}


def config_to_dict(config: RunConfig) -> dict[str, Any]:
    """Turns a run's configuration into plain values for JSON, with its `kind`."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(config, cls))
    return {"kind": kind, **dataclasses.asdict(config)}


def config_from_dict(values: dict[str, Any]) -> RunConfig:
    """Reads back what `config_to_dict` wrote.

    Unknown keys are ignored and missing ones take their defaults, so that runs of other versions
    stay readable.

    Raises:
        KeyError: If `kind` is missing or unknown.
        TypeError: If a value without a default is missing, or one has another type.
    """
    return _build(_KINDS[values["kind"]], values)


def _build(cls: type[T], values: dict[str, Any]) -> T:
    built = {
        name: _build(_NESTED[name], value)
        for name, value in values.items()
        if name in _NESTED and isinstance(value, dict)
    }
    return cls(**known_fields(cls, {**values, **built}))
