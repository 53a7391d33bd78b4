"""Whether a curve had settled."""

import pandas as pd
import pytest

from core.evaluation.convergence import still_learning


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], True),
        ([1.0, 0.5, 0.4, 0.40, 0.39, 0.39, 0.39, 0.39], False),
        ([1.0, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], False),
        ([1.0, 0.5, 0.1], False),
        ([], False),
    ],
    ids=["falling", "settled", "rising", "too short", "empty"],
)
def test_still_learning(losses: list[float], expected: bool) -> None:
    assert still_learning(pd.DataFrame({"val_loss": losses}, dtype=float)) is expected
