"""The first stage: a new head on a frozen backbone."""

from __future__ import annotations

from core.backbones.blocks import default_block, find_blocks
from core.backbones.catalog import find_backbone
from core.backbones.compose import compose, head_input_name
from core.backbones.weights import load_backbone
from core.config import HeadConfig
from core.settings import Settings
from core.training.stage import Stage, cut_before


def head_stage(config: HeadConfig, classes: int, settings: Settings) -> Stage:
    """Builds the model with a new head and its whole backbone frozen.

    The output that fine-tuning from the backbone's default block will need is stored in the same
    pass: it is computed on the way to the head's input anyway.

    Raises:
        BackboneError: If the backbone or the image size does not exist or fit.
        WeightsError: If the pretrained weights cannot be had.
    """
    weights_dir = settings.weights_dir
    spec = find_backbone(config.backbone, weights_dir)
    backbone = load_backbone(spec, config.image_size, weights_dir, config.weights)
    model = compose(backbone, spec, config, classes)
    blocks = find_blocks(model)
    return Stage(
        model=model,
        tap=head_input_name(config),
        also_stored=(cut_before(blocks, default_block(blocks, spec.default_block)),),
    )
