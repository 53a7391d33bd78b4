"""The account of a choice: what it trains, what it keeps frozen, what it costs. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.backbones.block import Block
from core.config import Scope
from core.errors import BackboneError
from core.language import tr

BYTES_PER_VALUE = 4  # float32


@dataclass(frozen=True)
class Account:
    """Counts for one choice of unfrozen blocks.

    Attributes:
        unfrozen: Names of the unfrozen blocks, in order.
        trainable: Parameters that the optimizer changes, the head's included.
        frozen: All others.
        total: Both.
        compute_trained: Share of the multiply-adds that belongs to layers computed in every
            step: from the first unfrozen block on; between 0 and 1.
        stored_bytes_per_image: Size of what is stored for one image: the frozen part's output, or
            in float32, or the image itself where nothing is frozen.
        batchnorm_layers: BatchNorm layers inside the unfrozen blocks.
    """

    unfrozen: tuple[str, ...]
    trainable: int
    frozen: int
    total: int
    compute_trained: float
    stored_bytes_per_image: int
    batchnorm_layers: int

    @property
    def speed_up(self) -> float:
        """Ratio of an epoch's multiply-adds without and with cached features.

        A forward pass counts once; a trained layer's backward pass counts twice more.
        """
        stored = 3 * self.compute_trained
        return (1 - self.compute_trained + stored) / stored if stored else float("inf")


def account(
    blocks: Sequence[Block],
    head_parameters: int,
    block: str = "",
    scope: Scope = "from",
    freeze_batchnorm: bool = True,
    input_values: int = 0,
) -> Account:
    """Counts what a choice of `block` and `scope` would train.

    Args:
        blocks: The backbone's blocks, in order.
        head_parameters: Parameters of the head.
        block: Name of the chosen block; not used with the scopes `all` and `none`.
        scope: See `FineTuneConfig`.
        freeze_batchnorm: Whether BatchNorm layers stay frozen.
        input_values: Numbers in one input image, for a choice that leaves no block frozen.

    Returns:
        The account.

    Raises:
        BackboneError: If no block has that name.
    """
    chosen = unfrozen_blocks(blocks, block, scope)
    trained = [b for b in blocks if b.name in chosen]
    trainable = head_parameters + sum(_trainable(b, freeze_batchnorm) for b in trained)
    total = head_parameters + sum(b.parameters for b in blocks)
    first = next((i for i, b in enumerate(blocks) if b.name in chosen), len(blocks))
    compute = sum(b.multiply_adds for b in blocks) or 1
    # Images are stored as they were decoded, a byte a value.
    stored = blocks[first - 1].output_values * BYTES_PER_VALUE if first else input_values
    return Account(
        unfrozen=chosen,
        trainable=trainable,
        frozen=total - trainable,
        total=total,
        compute_trained=sum(b.multiply_adds for b in blocks[first:]) / compute,
        stored_bytes_per_image=stored,
        batchnorm_layers=sum(b.batchnorm_layers for b in trained),
    )


def unfrozen_blocks(blocks: Sequence[Block], block: str, scope: Scope) -> tuple[str, ...]:
    """Names of the blocks that a choice unfreezes, in order.

    Raises:
        BackboneError: If no block has that name.
    """
    names = [b.name for b in blocks]
    if scope == "none":
        return ()
    if scope == "all":
        return tuple(names)
    if block not in names:
        raise BackboneError(
            tr("There is no block {name}.", name=repr(block)),
            tr("Choose one of {names}.", names=", ".join(names)),
        )
    return (block,) if scope == "only" else tuple(names[names.index(block) :])


def _trainable(block: Block, freeze_batchnorm: bool) -> int:
    if freeze_batchnorm:
        return block.parameters - block.batchnorm_parameters
    return block.parameters - block.statistics
