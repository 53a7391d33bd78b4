"""Reaction to a plateau of the validation loss: a lower learning rate, or early stopping.

Keras' own callbacks forget when a fit begins, and a fit that goes on in mid-epoch begins twice.
"""

from __future__ import annotations

import math
from typing import Any

import keras

from core.config import TrainingConfig
from core.training.callbacks import Remembering
from core.training.schedule import LearningRate

PLATEAU_EPOCHS = 3
PLATEAU_FACTOR = 0.2


class Waiting(Remembering):
    """Counts the epochs since the validation loss was at its lowest.

    Args:
        patience: So many epochs without a lower loss, and `run_out` is called.

    Attributes:
        lowest: The lowest loss so far.
        waited: Epochs since then, or since patience last ran out.
    """

    def __init__(self, patience: int) -> None:
        super().__init__()
        self._patience = patience
        self.lowest = math.inf
        self.waited = 0

    def memory(self) -> dict[str, Any]:
        """Both attributes."""
        return {"lowest": self.lowest, "waited": self.waited}

    def recall(self, memory: dict[str, Any], arrays: list[Any]) -> None:
        """Takes both back."""
        self.lowest, self.waited = memory["lowest"], memory["waited"]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts one more, or begins anew; a loss that is no number is not lower."""
        loss = float((logs or {})["val_loss"])
        if loss < self.lowest:
            self.lowest, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self._patience:
            self.waited = 0
            self.run_out()

    def run_out(self) -> None:
        """Patience has run out."""
        raise NotImplementedError


class Patience(Waiting):
    """Ends training."""

    def run_out(self) -> None:
        """No epoch follows this one."""
        self.model.stop_training = True


class Plateau(Waiting):
    """Lowers the rate to a fifth; epochs of the warm-up do not count.

    Args:
        rate: Its factor is lowered.
        warmup_epochs: Epochs before it looks.
    """

    def __init__(self, rate: LearningRate, warmup_epochs: float) -> None:
        super().__init__(PLATEAU_EPOCHS)
        self._rate = rate
        self._warmup_epochs = warmup_epochs

    @property
    def factor(self) -> float:
        """Current factor of the learning rate."""
        # Not float(): on several devices it is a variable of each.
        return float(keras.ops.convert_to_numpy(self._rate.factor))

    def memory(self) -> dict[str, Any]:
        """State of the counters and the factor."""
        return {**super().memory(), "factor": self.factor}

    def recall(self, memory: dict[str, Any], arrays: list[Any]) -> None:
        """Takes them back."""
        super().recall(memory, arrays)
        self._rate.factor.assign(memory["factor"])

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Looks, once the warm-up is over."""
        if epoch + 1 > self._warmup_epochs:
            super().on_epoch_end(epoch, logs)

    def run_out(self) -> None:
        """Lower the learning rate from the next step on."""
        self._rate.factor.assign(self.factor * PLATEAU_FACTOR)


def watchers(config: TrainingConfig, rate: float | LearningRate) -> list[Waiting]:
    """The callbacks that a configuration asks for."""
    found: list[Waiting] = []
    if config.schedule == "plateau" and isinstance(rate, LearningRate):
        found.append(Plateau(rate, config.warmup_epochs))
    if config.patience:
        found.append(Patience(config.patience))
    return found
