"""A block: a named stretch of a backbone between two places where everything passes through."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from core.language import Words, tr

_NUMBERED = re.compile(r"^([a-z]+)(\d+[a-h]?)$")


def block_title(name: str) -> str:
    """A block's name in words: `block5` is "block 5". Other names, such as `conv5`, stay."""
    number = _block_number(name)
    return tr("block {number}", number=number) if number else _apart(name)


def from_block(name: str) -> Words:
    """Name the place in words, "from block 5"; languages decline it."""
    number = _block_number(name)
    if number:
        return tr("from block {number}", number=number)
    return tr("from {block}", block=_apart(name))


def _block_number(name: str) -> str:
    found = _NUMBERED.match(name)
    return found[2] if found and found[1] == "block" else ""


def _apart(name: str) -> str:
    return _NUMBERED.sub(r"\1 \2", name).replace("_", " ")


@dataclass(frozen=True)
class Block:
    """One block of a backbone, as plain numbers that a page can show.

    Attributes:
        name: As people speak of it: `block5`, `stem`, `top`.
        layers: Names of its layers, in order; the last one's output is the cut after the block.
        parameters: All its weights, as Keras counts them.
        statistics: Those of them that no optimizer trains: BatchNorm's means and variances.
        batchnorm_parameters: Weights of its BatchNorm layers, statistics included.
        batchnorm_layers: How many BatchNorm layers it has.
        multiply_adds: Multiply-add operations for one image.
        output_shape: Of its last layer, without the batch: `(height, width, channels)`.
    """

    name: str
    layers: tuple[str, ...]
    parameters: int
    statistics: int
    batchnorm_parameters: int
    batchnorm_layers: int
    multiply_adds: int
    output_shape: tuple[int, ...]

    @property
    def title(self) -> str:
        """The name in words: `block5` is "block 5"."""
        return block_title(self.name)

    @property
    def output_values(self) -> int:
        """Numbers in the output for one image."""
        count = 1
        for size in self.output_shape:
            count *= size
        return count

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Block:
        """Reads back what `to_dict` made."""
        shapes = {"layers": tuple(values["layers"]), "output_shape": tuple(values["output_shape"])}
        return cls(**{**values, **shapes})
