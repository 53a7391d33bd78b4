"""Whether a curve had settled."""

import pandas as pd
import pytest

from core.evaluation.convergence import still_learning

FALLING = [1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
RISING = [0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85]
LEVEL = [0.3, 0.6, 0.8, 0.8, 0.8, 0.8, 0.805, 0.8]


@pytest.mark.parametrize(
    ("losses", "accuracies", "expected"),
    [
        (FALLING, RISING, True),
        (FALLING, LEVEL, False),
        ([1.0, 0.5, 0.4, 0.40, 0.39, 0.39, 0.39, 0.39], RISING, False),
        ([1.0, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], RISING, False),
        (FALLING[:4], RISING[:4], False),
        ([], [], False),
    ],
    ids=["learning", "answers settled", "loss settled", "loss rises", "too short", "empty"],
)
def test_still_learning(losses: list[float], accuracies: list[float], expected: bool) -> None:
    epochs = pd.DataFrame({"val_loss": losses, "val_accuracy": accuracies}, dtype=float)

    assert still_learning(epochs) is expected
