"""The second stage: part of the backbone is unfrozen and trained on, from a finished head run."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from core.backbones.account import unfrozen_blocks
from core.backbones.block import Block
from core.backbones.blocks import find_blocks
from core.backbones.compose import head_input_name
from core.config import FineTuneConfig
from core.errors import RunError
from core.language import tr
from core.runs import Run
from core.training.stage import Stage, cut_before


def fine_tune_stage(
    config: FineTuneConfig, head_run: Run, others: Sequence[FineTuneConfig] = ()
) -> Stage:
    """Loads the head run's model and cuts it before the first unfrozen block.

    Args:
        config: What to unfreeze.
        head_run: Where it starts.
        others: Runs from the same head that will follow, on the same images.

    Raises:
        RunError: If the head run has no model: at random weights its error signal would destroy
            what the backbone has learned.
        BackboneError: If there is no such block.
    """
    if not head_run.has_model:
        raise RunError(
            tr("Run {id} has no trained head to start from.", id=head_run.id),
            tr("Train a head first."),
        )
    model = keras.models.load_model(head_run.model_path, compile=False)
    blocks = find_blocks(model)
    tap = _tap(blocks, config)
    later = dict.fromkeys(_tap(blocks, other) for other in others)
    return Stage(
        model=model,
        tap=tap,
        also_stored=tuple(name for name in later if name != tap),
        block=config.block,
        scope=config.scope,
        freeze_batchnorm=config.freeze_batchnorm,
    )


def _tap(blocks: list[Block], config: FineTuneConfig) -> str:
    """Operation whose output is stored: before the first unfrozen block, or before the head."""
    unfrozen = unfrozen_blocks(blocks, config.block, config.scope)
    return cut_before(blocks, unfrozen[0]) if unfrozen else head_input_name(config.base)
